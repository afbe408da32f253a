/** Runs an entry module in the foreground: output, input and signals are the terminal's. */
import { spawn } from 'node:child_process'
import { baseEnvironment } from './environment.ts'
import { baseExecArgv } from './part-scripts.ts'

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Keeps its standard output from the terminal; what it says on standard error is always shown. */
  readonly quiet?: boolean
}

/** Resolves with its exit code; 1 when a signal ended it. */
export async function runScript(script: string, args: readonly string[], { env = {}, quiet = false }: RunOptions = {}): Promise<number> {
  const child = spawn(process.execPath, [...baseExecArgv, script, ...args], {
    stdio: ['inherit', quiet ? 'ignore' : 'inherit', 'inherit'],
    env: { ...baseEnvironment(), ...env },
  })
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  const ignore = (): void => {} // Ctrl-C reaches the child by itself
  process.on('SIGTERM', pass).on('SIGHUP', pass).on('SIGINT', ignore)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => resolve(code ?? 1))
    })
  } finally {
    process.off('SIGTERM', pass).off('SIGHUP', pass).off('SIGINT', ignore)
  }
}
