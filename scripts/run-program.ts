import { type ChildProcess, spawn } from 'node:child_process'

export interface ProgramResult {
  readonly code: number
  /** Standard output and error, as they came; empty when they were inherited. */
  readonly output: string
  readonly seconds: number
}

export interface ProgramOptions {
  /** `true`: the program writes to this terminal; `false` (default): its output is kept. */
  readonly inherit?: boolean
  readonly environment?: Readonly<Record<string, string>>
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs a program of node_modules/.bin or the system and settles when it ends; a program that cannot be started has code 127. A signal that
 * ends this process reaches the program first: nothing is left running.
 */
export function runProgram(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const started = performance.now()
  const pieces: Buffer[] = []
  const stdio = options.inherit ? 'inherit' : 'pipe'
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', stdio, stdio], env: { ...process.env, ...options.environment } })
    const end = (code: number) =>
      resolve({ code, output: Buffer.concat(pieces).toString('utf8'), seconds: (performance.now() - started) / 1000 })
    child.stdout?.on('data', (piece: Buffer) => pieces.push(piece))
    child.stderr?.on('data', (piece: Buffer) => pieces.push(piece))
    child.on('error', (error) => {
      pieces.push(Buffer.from(`${error.message}\n`))
      end(127)
    })
    const stopPassing = passSignals(child)
    child.on('close', (code) => {
      stopPassing()
      end(code ?? 1)
    })
  })
}

/** Ctrl-C in a terminal reaches the child by itself. Once the child has ended, this process ends by the same signal. */
function passSignals(child: ChildProcess): () => void {
  let received: NodeJS.Signals | undefined
  const pass = (signal: NodeJS.Signals): void => {
    received = signal
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, pass)
  return () => {
    for (const signal of SIGNALS) process.off(signal, pass)
    if (received) process.kill(process.pid, received)
  }
}
