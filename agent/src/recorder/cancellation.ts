/** Tells a call that the application gave up itself from one that failed. */
import { valueIn } from './error-text.ts'

const NAMES = new Set<unknown>(['AbortError', 'CanceledError', 'CancelError'])
/** Of Node, axios and got. */
const CODES = new Set<unknown>(['ABORT_ERR', 'ERR_CANCELED', 'ERR_ABORTED'])

/** Whether the error stands for the application's wish. A time limit does not: the peer was too slow. */
export function isCancellation(error: unknown): boolean {
  const isNamed = NAMES.has(valueIn(error, 'name')) || CODES.has(valueIn(error, 'code'))
  return isNamed && !isTimeout(valueIn(error, 'cause'))
}

/** The reason of AbortSignal.timeout. */
export function isTimeout(error: unknown): boolean {
  return valueIn(error, 'name') === 'TimeoutError'
}

/** Node hides the time limit that ran out behind the same error as any other abort. */
export function faultOf(error: unknown): unknown {
  const cause = valueIn(error, 'cause')
  return isTimeout(cause) ? cause : error
}
