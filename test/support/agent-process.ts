import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type OtlpSink, type SinkSpan, startOtlpSink } from './otlp-sink.ts'
import { tempFolder } from './temp-folder.ts'
import { until } from './until.ts'

/** As applications load it: one file, which starts in a fraction of the time. */
const REGISTER = new URL('../../agent/dist/register.js', import.meta.url).href

export interface AgentProcess {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

export interface AgentProcessOptions {
  /** Default true; false starts the same application without the agent. */
  readonly withAgent?: boolean
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
}

/** Starts an application of test/agent/applications in a Node of its own, with a working directory that is not the project's. */
export function startApplication(name: string, { withAgent = true, env = {}, execArgv = [] }: AgentProcessOptions = {}): AgentProcess {
  const file = fileURLToPath(new URL(`../agent/applications/${name}`, import.meta.url))
  const agent = withAgent ? ['--import', REGISTER] : []
  const child = spawn(process.execPath, ['--conditions=spyglass-source', ...agent, ...execArgv, file], {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', XDG_STATE_HOME: tempFolder(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const texts = { stdout: '', stderr: '' }
  child.stdout?.on('data', (piece: Buffer) => (texts.stdout += piece.toString()))
  child.stderr?.on('data', (piece: Buffer) => (texts.stderr += piece.toString()))
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exited
  })
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr, exited }
}

/** The next message of the application. */
export function messageOf<T>({ child, exited, stderr }: AgentProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    void exited.then(({ code, signal }) => reject(new Error(`the application ended (${code ?? signal}): ${stderr()}`)))
  })
}

/** The URL of one of the agent's sources, for programs that import it. */
export function agentSource(path: string): string {
  return new URL(`../../agent/src/${path}`, import.meta.url).href
}

export interface ProgramRun {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly ms: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a few lines as an application, to its end. */
export async function runProgram(program: string, options: AgentProcessOptions = {}): Promise<ProgramRun> {
  const url = `data:text/javascript,${encodeURIComponent(program)}`
  const startMs = performance.now()
  const started = startApplication('nothing.mjs', { ...options, execArgv: [...(options.execArgv ?? []), '--import', url] })
  const ended = await started.exited
  return { ...ended, ms: performance.now() - startMs, stdout: started.stdout(), stderr: started.stderr() }
}

/** A sink that is stopped when the test ends. */
export async function sinkForTest(): Promise<OtlpSink> {
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  return sink
}

/** Starts test/agent/applications/routes.mjs with a sink behind it. */
export async function startRoutes(env: Readonly<Record<string, string>> = {}) {
  const sink = await sinkForTest()
  const application = startApplication('routes.mjs', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, OTEL_SERVICE_NAME: 'routes', SPYGLASS_BASELINE_PER_MINUTE: '0', ...env },
  })
  const { port, plainPort } = await messageOf<{ readonly port: number; readonly plainPort: number }>(application)
  return { sink, application, port, url: `http://127.0.0.1:${port}`, plainUrl: `http://127.0.0.1:${plainPort}` }
}

/** The root span of a name, when it has arrived. */
export function rootNamed(sink: OtlpSink, name: string): Promise<SinkSpan> {
  return until(() => sink.spans.find((span) => span.kind === 2 && span.name === name))
}
