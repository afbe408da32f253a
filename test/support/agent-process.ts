import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const REGISTER = new URL('../../agent/src/register.ts', import.meta.url).href

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
    env: { PATH: process.env['PATH'] ?? '', ...env },
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
