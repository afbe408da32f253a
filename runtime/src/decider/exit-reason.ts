/** Why a process ended, in words: for the log, events, `status`, and the user who started the server. */
import { fail } from '../errors.ts'
import type { ChildExit } from '../holder/orders.ts'
import type { Generation } from './reconciler/index.ts'

export interface EndFacts {
  readonly generation: Generation
  readonly exit: ChildExit
  /** What the process said about its failed start. */
  readonly told: { readonly code: string; readonly message: string } | undefined
  readonly logFile: string
  /** Why it was aborted, if it ran out of memory. */
  readonly outOfMemory?: string | undefined
}

export interface Failure {
  readonly message: string
  /** Of the process itself, if it gave one. */
  readonly code?: string
}

/** Why a process did not become ready, or why one that served exited. */
export function failureOf({ generation: { process, hasServed, verdict }, exit, told, logFile, outOfMemory }: EndFacts): Failure {
  if (exit.error !== undefined) return { message: fail('SPY_PART_FAILED', [process.name, exit.error]).message }
  if (verdict !== undefined) return { message: verdict }
  if (outOfMemory !== undefined) return { message: outOfMemory }
  if (hasServed) return { message: exit.signal ? `killed by ${exit.signal}` : `exited with code ${exit.code}` }
  if (told) return { message: fail('SPY_PART_FAILED', [process.name, told.message]).message, code: told.code }
  return { message: fail('SPY_PART_ENDED', [process.name, exitText(exit), logFile]).message }
}

/** `exit code 1` or `signal SIGKILL`. */
export const exitText = ({ code, signal }: ChildExit): string => (signal ? `signal ${signal}` : `exit code ${code}`)
