/** Exceptions that a framework catches. */
import { attempt } from '../guard/guard.ts'
import { currentRecord } from '../recorder/context.ts'
import { valueIn } from '../recorder/error-text.ts'
import type { TraceRecord } from '../recorder/trace-record.ts'
import { recordOf } from './http-server.ts'

/** Notes it on the record of a response. What comes of it is decided by the status of the answer. */
export function noteFault(response: object, error: unknown): void {
  attempt('note-fault', () => noteOn(recordOf(response), error), undefined)
}

/** The same on the request that runs now. */
export function noteFaultHere(error: unknown): void {
  attempt('note-fault', () => noteOn(currentRecord(), error), undefined)
}

function noteOn(record: TraceRecord | undefined, error: unknown): void {
  if (record && isServerFault(error)) record.error = error
}

/** An error with a status below 500 is an answer to the client, not a fault: validation, not found … */
export function isServerFault(error: unknown): boolean {
  const status = valueIn(error, 'statusCode') ?? valueIn(error, 'status')
  return error !== undefined && error !== null && (typeof status !== 'number' || status >= 500)
}
