/** Trace and span ids: 16 and 8 bytes. Zeros mean "none" (https://www.w3.org/TR/trace-context/#trace-id) and are stored as an empty text. */
import type { ProtoReader } from './proto-reader.ts'

export const TRACE_ID_BYTES = 16
export const SPAN_ID_BYTES = 8

/**
 * Where the id between `start` and `end` ends: at `start` when there is none.
 * @throws SPY_OTLP_MALFORMED when it has another length.
 */
export function idEnd(reader: ProtoReader, start: number, end: number, bytes: typeof TRACE_ID_BYTES | typeof SPAN_ID_BYTES): number {
  if (end - start !== bytes) {
    if (end === start) return end
    reader.malformed(`a ${bytes === TRACE_ID_BYTES ? 'trace' : 'span'} id of ${end - start} bytes instead of ${bytes}`)
  }
  const { buf } = reader
  for (let at = start; at < end; at++) if (buf[at] !== 0) return end
  return start
}
