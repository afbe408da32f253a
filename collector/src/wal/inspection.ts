/** Which part of a segment is intact, and what was acknowledged and is lost. Read-only; repair.ts acts on it. */
import { crc32 } from 'node:zlib'
import type { TableName } from '@spyglass/agent/contract'
import { readAcknowledged } from './acknowledged.ts'
import { isRequest, type JournalEntry, type JournalLine, type Part, readJournal, type Tally, type UnreadBytes } from './journal.ts'

/** A segment's files as they are; undefined for one that is missing. */
export interface SegmentBytes {
  readonly journal: Buffer | undefined
  readonly acknowledged: Buffer | undefined
  readonly tables: ReadonlyMap<TableName, Buffer>
}

export interface Inspection {
  /** In journal order. Only complete entries are listed. */
  readonly kept: readonly JournalLine[]
  /** Acknowledged and not kept. */
  readonly lost: Tally
  /** Whether acknowledged data is damaged; otherwise the dropped part is a torn tail. */
  readonly isDamaged: boolean
}

interface Placed extends JournalLine {
  readonly place: number
  readonly holds: boolean
}

export function inspect(segment: SegmentBytes): Inspection {
  const { lines: found, unread } = readJournal(segment.journal ?? Buffer.alloc(0))
  const lines = withoutRepeats(found)
  const placed = place(lines, unread, segment.tables)
  const kept = placed.filter(({ holds }) => holds)
  const acknowledged = acknowledgedIn(placed, unread, segment)
  const below = kept.filter(({ place }) => place < acknowledged)
  const requests =
    requestsBelow(acknowledged, placed, readAcknowledged(segment.acknowledged)) - below.filter(({ entry }) => isRequest(entry)).length
  const lost = { entries: acknowledged - below.length, requests: Math.max(0, requests) }
  const lastKept = below.at(-1)?.start ?? -1
  return {
    kept,
    lost,
    isDamaged: lost.entries > 0 || lines.length < found.length || unread.some(({ start }) => start < lastKept) || isHeadless(segment),
  }
}

/** A line that is there twice would count its rows twice. */
function withoutRepeats(lines: readonly JournalLine[]): readonly JournalLine[] {
  const seen = new Set<number>()
  return lines.filter(({ entry: { sequence } }) => !seen.has(sequence) && seen.add(sequence))
}

/** The index in the entry; for a journal of version 0.1 each unread line counts as one. */
function place(lines: readonly JournalLine[], unread: readonly UnreadBytes[], tables: SegmentBytes['tables']): Placed[] {
  let next = 0
  let u = 0
  return lines.map((line) => {
    for (; (unread[u]?.start ?? Infinity) < line.start; u++) if (unread[u]?.hasEnd) next++
    const at = line.entry.index ?? next
    next = at + 1
    return { ...line, place: at, holds: line.entry.parts.every((part) => partHolds(part, tables.get(part.table))) }
  })
}

function partHolds({ offset, length, crc }: Part, bytes: Buffer | undefined): boolean {
  return bytes !== undefined && bytes.length >= offset + length && crc32(bytes.subarray(offset, offset + length)) === crc
}

/** How many entries, from the first, were acknowledged. */
function acknowledgedIn(placed: readonly Placed[], unread: readonly UnreadBytes[], { acknowledged, tables }: SegmentBytes): number {
  const counted = readAcknowledged(acknowledged)?.entries
  const known = placed.reduce((most, { entry }) => Math.max(most, entry.after?.entries ?? 0), counted ?? 0)
  return counted === undefined ? Math.max(known, likelyAcknowledged(placed, unread, tables)) : known
}

/** Without the count: intact entries, and damaged ones of full length. An entry that is too short was torn. */
function likelyAcknowledged(placed: readonly Placed[], unread: readonly UnreadBytes[], tables: SegmentBytes['tables']): number {
  const isLong = ({ parts }: JournalEntry): boolean =>
    parts.every(({ table, offset, length }) => (tables.get(table)?.length ?? 0) >= offset + length)
  const last = placed.findLast(({ holds, entry }) => holds || isLong(entry))
  const lastLine = placed.at(-1)
  const beyond = unread.filter(({ start, hasEnd }) => hasEnd && start >= (lastLine?.end ?? 0)).length
  if (beyond > 0) return (lastLine ? lastLine.place + 1 : 0) + beyond
  return last ? last.place + 1 : 0
}

/** Unreadable entries count as requests unless a tally says otherwise. */
function requestsBelow(count: number, placed: readonly Placed[], known: Tally | undefined): number {
  const tallies = [known, ...placed.map(({ entry }) => entry.after)].filter((tally) => tally !== undefined && tally.entries <= count)
  const base = tallies.reduce<Tally>((best, tally) => (tally && tally.entries > best.entries ? tally : best), { entries: 0, requests: 0 })
  const others = placed.filter(({ place, entry }) => place >= base.entries && place < count && !isRequest(entry)).length
  return base.requests + count - base.entries - others
}

/** Rows without an owner: because the count is written first, a torn first commit looks different. */
function isHeadless({ journal, acknowledged, tables }: SegmentBytes): boolean {
  return journal === undefined && acknowledged === undefined && [...tables.values()].some(({ length }) => length > 0)
}
