import type { ProtoReader } from './proto-reader.ts'

/** Which times are taken: seconds since the epoch. Older ones the store would drop at once, later ones come from a wrong clock. */
export interface TimeWindow {
  readonly from: number
  readonly to: number
}

export function timeWindow(nowMs: number, retentionDays: number): TimeWindow {
  return { from: nowMs / 1000 - retentionDays * 86_400, to: nowMs / 1000 + 3600 }
}

/** The fixed64 nanoseconds at `at` as seconds. */
export function secondsAt(reader: ProtoReader, at: number): number {
  return (reader.buf.readUInt32LE(at + 4) * 4_294_967_296 + reader.buf.readUInt32LE(at)) / 1e9
}

/** Where the eight bytes of the field `tag` stand in the message from here to `end`; -1 when it has none. The position stays. */
export function findFixed64(reader: ProtoReader, tag: number, end: number): number {
  const start = reader.pos
  let at = -1
  while (reader.pos < end && at < 0) {
    const next = reader.varint()
    if (next === tag) at = reader.fixed64(end)
    else reader.skip(next, end)
  }
  reader.pos = start
  return at
}
