/** A program that takes part in an installation: bounded in time and in what is kept of its output, and ended with everything that it started. */
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'
import { OutputTail } from './output-tail.ts'

export interface Bounds {
  /** The application, for messages. */
  readonly name: string
  readonly timeoutMs: number
}

/**
 * The last lines of what it writes to `said`, when it has ended well. It must have been started `detached`, with a process group of its own.
 * @throws SPY_INSTALL_NO_NPM, SPY_INSTALL_FAILED, SPY_INSTALL_TIMEOUT
 */
export async function outputOf(child: ChildProcess, said: readonly (Readable | null)[], { name, timeoutMs }: Bounds): Promise<string> {
  const tail = new OutputTail()
  for (const stream of said) stream?.on('data', (chunk: Buffer) => tail.add(chunk))
  const outcome = await outcomeOf(child, timeoutMs)
  if (outcome === 'late') throw fail('SPY_INSTALL_TIMEOUT', [name, timeoutMs, tail.text()])
  if (outcome !== 0) throw fail('SPY_INSTALL_FAILED', [name, outcome, tail.text()])
  return tail.text()
}

/** The exit code or signal, once it and everything that it started have closed their output. @throws SPY_INSTALL_NO_NPM */
function outcomeOf(child: ChildProcess, timeoutMs: number): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      endGroup(child)
      resolve('late')
    }, timeoutMs)
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(codeOf(error) === 'ENOENT' ? fail('SPY_INSTALL_NO_NPM', [], error) : error)
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve(code ?? signal ?? 'unknown')
    })
  })
}

/** Ends it with everything in its group. */
export function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}
