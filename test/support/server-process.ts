import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

/** A server of others for a test: its port, and how it is stopped. */
export interface TestServer {
  readonly host: string
  readonly port: number
  readonly stop: () => Promise<void>
}

export interface Account {
  readonly uid?: number
  readonly gid?: number
}

/** The account of a server that refuses to run as root, or that of nobody; none where the test itself is not root. */
export function unprivileged(...names: string[]): Account {
  if (process.getuid?.() !== 0) return {}
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const found = [...names, 'nobody'].flatMap((wanted) => accounts.filter(([name]) => name === wanted))[0]
  return found ? { uid: Number(found[2]), gid: Number(found[3]) } : {}
}

/** A new folder for the server's data, which it owns. */
export function serverFolder(name: string, { uid, gid }: Account): string {
  const folder = mkdtempSync(join(tmpdir(), `spyglass-${name}-`))
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  return folder
}

export interface StartedServer {
  readonly child: ChildProcess
  /** Standard output and error so far. */
  readonly log: () => string
  /** Ends it by the signal and removes its folder. */
  stop(signal: NodeJS.Signals): Promise<void>
  /** Ends it by the signal and leaves its folder. */
  kill(signal: NodeJS.Signals): Promise<void>
}

/** Starts a server in the foreground and waits until its output has `ready`. */
export async function startServerProcess(
  program: string,
  args: readonly string[],
  {
    account,
    folder,
    ready,
    env = process.env,
  }: { readonly account: Account; readonly folder: string; readonly ready: string | RegExp; readonly env?: NodeJS.ProcessEnv },
): Promise<StartedServer> {
  const child = spawn(program, args, { ...account, cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (log += piece.toString()))
  await until(() => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${log}`)
    return typeof ready === 'string' ? log.includes(ready) : ready.test(log)
  })
  return {
    child,
    log: () => log,
    async kill(signal) {
      child.kill(signal)
      await exited
    },
    async stop(signal) {
      child.kill(signal)
      await exited
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
