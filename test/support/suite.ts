/** Starts the whole suite as a user does, by the command line, on ports of its own, and stops it again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig, ownPort, type OwnPortName, ownUrl, readSecrets, type Secrets, type SpyglassConfig } from '@spyglass/process/config'
import { stringify } from 'yaml'
import { freeOffset } from './free-port.ts'
import { until } from './until.ts'

export const repository = fileURLToPath(new URL('../..', import.meta.url))
export const cli = join(repository, 'runtime/dist/cli/spyglass.js')
export const shopFolder = join(repository, 'examples/shop')

/** How the command line is called: as it is built in this checkout, or as a package that was installed somewhere. */
export interface CommandLine {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** What is started. Default: `up`, everything. */
  readonly role?: 'up' | 'server'
}

/** On a machine with twenty jobs for each core it takes over 100 s; a test of the suite may take 300 s. */
const START_MS = 240_000

export const built: CommandLine = { program: process.execPath, args: [cli] }

/** Without collector and store, which make up half of what a start costs: for tests of the server alone. */
export const serverAlone: CommandLine = { ...built, role: 'server' }

export interface Suite extends AsyncDisposable {
  readonly config: SpyglassConfig
  readonly secrets: Secrets
  readonly data: string
  readonly configFile: string
  readonly keeper: ChildProcess
  /** What the command line printed so far. */
  output(): string
  readonly urls: {
    readonly app: string
    readonly management: string
    readonly console: string
    readonly store: string
    readonly otlp: string
  }
  /** Runs another command of the command line against this suite. */
  run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }>
  pidOf(part: string): number
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts it and waits for the block that says ready. `settings` are those of spyglass.yaml. */
export async function startSuite(
  data: string,
  settings: Readonly<Record<string, unknown>> = {},
  args: readonly string[] = [],
  commandLine: CommandLine = built,
): Promise<Suite> {
  const configFile = join(data, 'spyglass.yaml')
  const offset = await freeOffset(portsOf(settings['listeners']))
  writeFileSync(configFile, stringify({ data: join(data, 'd'), portOffset: offset, ...settings }))
  const keeper = runCli([commandLine.role ?? 'up', '--config', configFile, ...args], commandLine)
  let output = ''
  keeper.stdout?.on('data', (chunk) => (output += chunk))
  keeper.stderr?.on('data', (chunk) => (output += chunk))
  await until(() => {
    if (keeper.exitCode !== null) throw new Error(`ended with ${keeper.exitCode}: ${output}`)
    return output.includes('Spyglass is ready')
  }, START_MS).catch((error: unknown) => {
    keeper.kill('SIGKILL')
    throw new Error(`not ready:\n${output}\n${serverLogTail(join(data, 'd'))}`, { cause: error })
  })
  const config = loadConfig({ file: configFile })
  return {
    config,
    secrets: readSecrets(join(config.data, 'secrets.yaml')),
    data: config.data,
    configFile,
    keeper,
    output: () => output,
    urls: urlsOf(config),
    run: (...more) => collect(runCli([...more, '--config', configFile], commandLine)),
    pidOf: (part) => pidOf(config.data, part),
    async [Symbol.asyncDispose]() {
      await stop(keeper)
    },
  }
}

function portsOf(listeners: unknown): number[] {
  return ((listeners ?? []) as readonly { readonly port?: number }[]).flatMap(({ port }) => port ?? [])
}

/** A command of the command line, with its output piped. */
export function runCli(args: readonly string[], { program, args: first, cwd, env }: CommandLine = built): ChildProcess {
  return spawn(program, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd, env })
}

export async function collect(child: ChildProcess): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => (stdout += chunk))
  child.stderr?.on('data', (chunk) => (stderr += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? -1, stdout, stderr }
}

async function stop(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return
  const ended = once(keeper, 'exit')
  keeper.kill('SIGTERM')
  const late = setTimeout(() => keeper.kill('SIGKILL'), 40_000)
  await ended
  clearTimeout(late)
}

/** The newest pid that the keeper's log names for a part. */
function pidOf(data: string, part: string): number {
  const lines = readFileSync(join(data, 'logs/server.log'), 'utf8').split('\n')
  for (const line of lines.toReversed()) {
    if (!line.includes('"ready"')) continue
    const entry = JSON.parse(line) as { process?: string; part?: string; childPid?: number }
    if (entry.process === 'keeper' && entry.part === part && entry.childPid) return entry.childPid
  }
  throw new Error(`no pid of ${part} in the log`)
}

function serverLogTail(data: string): string {
  const file = join(data, 'logs/server.log')
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-40).join('\n') : ''
}

function urlsOf(config: SpyglassConfig): Suite['urls'] {
  const [listener] = config.listeners
  const urlOf = (name: OwnPortName): string => ownUrl(ownPort(config, name))
  return {
    app: ownUrl({ tls: listener!.tls, addresses: [listener!] }),
    management: urlOf('management'),
    console: urlOf('console'),
    store: urlOf('store'),
    otlp: urlOf('collector'),
  }
}
