/** Why a process ended, in words: for the log, events, `status`, and the user who started the server. */
import { redactText } from '@spyglass/agent/redact'
import { fail } from '../errors.ts'
import type { ChildExit } from '../holder/orders.ts'
import { type FailureKind, type Generation, startPatienceMs } from './reconciler/index.ts'

export interface EndFacts {
  readonly generation: Generation
  readonly exit: ChildExit
  /** What the process said about its failed start. */
  readonly told: { readonly code: string; readonly message: string } | undefined
  readonly logFile: string
  /** What is known of a process that was aborted or killed: whether memory was the reason. */
  readonly ofMemory?: string | undefined
}

export interface Failure {
  readonly message: string
  readonly kind: FailureKind
  /** Of the process itself, if it gave one. */
  readonly code?: string
}

/** Why a process did not become ready, or why one that served exited. */
export function failureOf(facts: EndFacts): Failure {
  return { ...wordsFor(facts), kind: kindOf(facts) }
}

function kindOf({ generation: { hasServed, verdict, aliveUntil }, exit, ofMemory }: EndFacts): FailureKind {
  if (verdict !== undefined) return aliveUntil === undefined ? 'start' : 'hang'
  if (ofMemory?.startsWith('out of memory')) return 'outOfMemory'
  if (!hasServed) return 'start'
  return exit.signal ? 'signal' : 'exit'
}

function wordsFor({ generation: { process, hasServed, verdict }, exit, told, logFile, ofMemory }: EndFacts): Omit<Failure, 'kind'> {
  if (exit.error !== undefined) return { message: fail('SPY_PART_FAILED', [process.name, exit.error]).message }
  if (verdict !== undefined) return { message: verdict }
  if (ofMemory !== undefined) return { message: ofMemory }
  if (hasServed) return { message: `${exit.signal ? `killed by ${exit.signal}` : `exited with code ${exit.code}`}${wordsOf(exit)}` }
  if (told) return { message: fail('SPY_PART_FAILED', [process.name, told.message]).message, code: told.code }
  return { message: fail('SPY_PART_ENDED', [process.name, `${exitText(exit)}${wordsOf(exit)}`, logFile]).message }
}

/** `exit code 1` or `signal SIGKILL`. */
export const exitText = ({ code, signal }: ChildExit): string => (signal ? `signal ${signal}` : `exit code ${code}`)

/** `: Error: no luck`, without secrets: it is shown to people. */
const wordsOf = ({ lastWords }: ChildExit): string => (lastWords === undefined ? '' : `: ${redactText(lastWords)}`)

/** Why a process is killed. `did`: what it did in that time. */
export function verdictOf(
  { ownMs, process: { name, policy } }: Generation,
  why: 'slow' | 'hung',
  { did, slowStarts }: { readonly did: string; readonly slowStarts: number },
): string {
  if (why === 'hung') return `hung: no heartbeat for ${Math.round(ownMs / 1000)} s (${did}), and was killed`
  return fail('SPY_PART_SLOW', [name, Math.round(startPatienceMs(policy, slowStarts) / 1000), did]).message
}
