/** Decodes PDUs (RFC 3416 §3). Names are decoded; values only when needed. */
import type { Oid } from '../ber/oid.ts'
import type { BerReader } from '../ber/reader.ts'
import { malformed } from '../ber/reader.ts'
import { pduTag, tag } from '../ber/tags.ts'
import type { Varbind } from '../ber/value.ts'

export interface Pdu {
  /** One of {@link pduTag}. */
  readonly type: number
  readonly requestId: number
  /** error-status, or non-repeaters of a GETBULK. */
  readonly first: number
  /** error-index, or max-repetitions of a GETBULK. */
  readonly second: number
  readonly names: readonly Oid[]
  /** The packet, and where in it each name's element begins and ends: from, to, from, to … */
  readonly bytes: Buffer
  readonly nameSpans: readonly number[]
  /** Where the list of variable bindings begins and ends, without its header. */
  readonly listFrom: number
  readonly listTo: number
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(pduTag))

/** Reads a PDU. Values are checked for their bounds. */
export function readPdu(reader: BerReader): Pdu {
  const type = reader.peek()
  if (!KNOWN.has(type)) malformed(`an unknown PDU 0x${type.toString(16)}`)
  const outer = reader.enter(type)
  const requestId = reader.integer()
  const first = reader.integer()
  const second = reader.integer()
  const list = reader.enter(tag.sequence)
  const listFrom = reader.position
  const listTo = reader.limit
  const names: Oid[] = []
  const nameSpans: number[] = []
  while (!reader.atEnd) {
    const binding = reader.enter(tag.sequence)
    const from = reader.position
    names.push(reader.oid())
    nameSpans.push(from, reader.position)
    reader.value()
    reader.leave(binding)
  }
  reader.leave(list)
  reader.leave(outer)
  return { type, requestId, first, second, names, bytes: reader.bytes, nameSpans, listFrom, listTo }
}

/** The variable bindings of a PDU that {@link readPdu} has read from `reader`'s bytes. */
export function readVarbinds(reader: BerReader, pdu: Pdu): Varbind[] {
  const varbinds: Varbind[] = []
  reader.position = pdu.listFrom
  reader.limit = pdu.listTo
  while (!reader.atEnd) {
    const binding = reader.enter(tag.sequence)
    varbinds.push({ oid: reader.oid(), value: reader.value() })
    reader.leave(binding)
  }
  return varbinds
}
