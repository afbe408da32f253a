/**
 * Limits the effect of damage. Protobuf delimits each message by a length, so an unreadable part costs only the item that contains it, or, outside
 * items, only that part (such as a resource attribute). Everything else is kept, and every loss is reported to the sender.
 */
import { codeOf } from '@spyglass/agent/contract'
import { limits } from './limits.ts'
import type { ProtoReader } from './proto-reader.ts'
import type { DecodeReport } from './report.ts'
import type { SpanGuard } from './span-guard.ts'

/** Message to the sender when so much was malformed that the rest is skipped. */
export const NOT_READ = `skipped after ${limits.broken} malformed ones`

export interface Salvage {
  readonly reader: ProtoReader
  readonly report: DecodeReport
  /** An item with a hit is read again, so its faults are reported then. */
  readonly guard?: Pick<SpanGuard, 'isOn' | 'isHit' | 'hit'> | undefined
}

/**
 * Calls `on` with the tag of each field up to `end`. A field that cannot be delimited ends the walk: the rest is lost, and reported.
 * Returns the end of the last complete field.
 */
export function readFields({ reader, report }: Salvage, end: number, on: (tag: number) => void): number {
  let whole = reader.pos
  if (report.broken >= limits.broken) {
    report.reject(NOT_READ)
    reader.pos = end
    return whole
  }
  try {
    while (reader.pos < end) {
      on(reader.varint())
      if (reader.pos > end) reader.malformed('a field beyond its message')
      whole = reader.pos
    }
  } catch (error) {
    const fault = faultOf(reader, error)
    report.rejectBroken(`the rest of a message cannot be read: ${fault}`, placeOf(reader))
  }
  return whole
}

/**
 * Reads up to `end` something that its item can do without, or that belongs to no single one; what cannot be read is dropped and reported.
 * Returns whether it was read.
 */
export function readOrSkip({ reader, report, guard }: Salvage, end: number, what: string, read: (end: number) => void): boolean {
  let isRead = false
  try {
    if (report.broken < limits.broken) {
      read(end)
      isRead = true
    } else report.change(`${what} ${NOT_READ}`)
  } catch (error) {
    const fault = faultOf(reader, error)
    if (guard?.isOn === true) guard.hit()
    else report.leaveOut(`${what}, ${fault}`, placeOf(reader))
  }
  reader.pos = end
  return isRead
}

/**
 * Reads an item up to `end`; one that cannot be read is rejected. Returns whether it was read: `read` itself returns false for an item that it
 * rejected for another reason.
 */
export function readOrReject({ reader, report, guard }: Salvage, end: number, read: (end: number) => boolean): boolean {
  let isRead = false
  if (report.broken >= limits.broken) report.reject(NOT_READ)
  else {
    try {
      isRead = read(end)
    } catch (error) {
      const fault = faultOf(reader, error)
      if (guard?.isHit !== true) report.rejectBroken(fault, placeOf(reader))
    }
  }
  reader.pos = end
  return isRead
}

function faultOf(reader: ProtoReader, error: unknown): string {
  if (codeOf(error) !== 'SPY_OTLP_MALFORMED') throw error
  return reader.fault.what
}

const placeOf = ({ fault }: ProtoReader): string => `at byte ${fault.at}`
