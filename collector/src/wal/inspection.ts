/** Which part of a segment is intact, and what was acknowledged and is lost. Read-only; repair.ts acts on it. */
import { crc32 } from 'node:zlib'
import type { TableName } from '@spyglass/agent/contract'
import { readAcknowledged } from './acknowledged.ts'
import { isRequest, type JournalEntry, type JournalLine, type Part, readJournal, type Tally, type UnreadBytes } from './journal.ts'

/** A segment's files as they are; undefined for one that is missing. */
export interface SegmentBytes {
  readonly name: string
  readonly journal: Buffer | undefined
  readonly acknowledged: Buffer | undefined
  readonly tables: ReadonlyMap<TableName, Buffer>
}

export interface Inspection {
  /** In journal order. Only complete entries are listed. */
  readonly kept: readonly JournalLine[]
  /** Acknowledged and not kept. */
  readonly lost: Tally
  /** False if the number of acknowledged entries is unknown; `lost` is then the number that can be seen. */
  readonly isCounted: boolean
  /** Whether acknowledged data is damaged; otherwise the dropped part is a torn tail. */
  readonly isDamaged: boolean
}

interface Placed extends JournalLine {
  readonly place: number
  readonly holds: boolean
}

export function inspect(segment: SegmentBytes): Inspection {
  const { lines: found, unread } = readJournal(segment.journal ?? Buffer.alloc(0), segment.name)
  const lines = withoutRepeats(found)
  const placed = place(lines, unread, segment.tables)
  const kept = placed.filter(({ holds }) => holds)
  const counted = readAcknowledged(segment.acknowledged, segment.name)
  const isCounted = counted !== undefined || lines.some(({ entry }) => entry.segment === undefined)
  const acknowledged = counted
    ? acknowledgedIn(placed, counted)
    : likelyAcknowledged(placed, unread, isCounted ? segment.tables : undefined)
  const below = kept.filter(({ place }) => place < acknowledged)
  const requests = requestsBelow(acknowledged, placed, counted) - below.filter(({ entry }) => isRequest(entry)).length
  const lost = { entries: acknowledged - below.length, requests: Math.max(0, requests) }
  const lastKept = below.at(-1)?.start ?? -1
  const isBroken = lost.entries > 0 || lines.length < found.length || unread.some(({ start }) => start < lastKept)
  return { kept, lost, isCounted, isDamaged: isBroken || (!isCounted && !isEmpty(segment)) }
}

/** A duplicate line would count its rows twice. */
function withoutRepeats(lines: readonly JournalLine[]): readonly JournalLine[] {
  const seen = new Set<number>()
  return lines.filter(({ entry: { sequence } }) => !seen.has(sequence) && seen.add(sequence))
}

/** The index in the entry; for a journal without indexes each unread line counts as one. */
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

/** How many entries, from the first, were acknowledged. Each line states the count before its commit. */
function acknowledgedIn(placed: readonly Placed[], { entries }: Tally): number {
  return placed.reduce((most, { entry }) => Math.max(most, entry.after?.entries ?? 0), entries)
}

/**
 * Without the count: every line that can be seen, and everything before it. In a segment of an early build, which had no count, an entry that is too
 * short for its file was torn: `tables` is for those.
 */
function likelyAcknowledged(placed: readonly Placed[], unread: readonly UnreadBytes[], tables?: SegmentBytes['tables']): number {
  const known = acknowledgedIn(placed, { entries: 0, requests: 0 })
  const isLong = ({ parts }: JournalEntry): boolean =>
    tables === undefined || parts.every(({ table, offset, length }) => (tables.get(table)?.length ?? 0) >= offset + length)
  const lastLine = placed.at(-1)
  const beyond = unread.filter(({ start, hasEnd }) => hasEnd && start >= (lastLine?.end ?? 0)).length
  if (beyond > 0) return (lastLine ? lastLine.place + 1 : 0) + beyond
  const last = placed.findLast(({ holds, entry }) => holds || isLong(entry))
  return Math.max(known, last ? last.place + 1 : 0)
}

/** Unreadable entries count as requests unless a tally says otherwise. */
function requestsBelow(count: number, placed: readonly Placed[], known: Tally | undefined): number {
  const tallies = [known, ...placed.map(({ entry }) => entry.after)].filter((tally) => tally !== undefined && tally.entries <= count)
  const base = tallies.reduce<Tally>((best, tally) => (tally && tally.entries > best.entries ? tally : best), { entries: 0, requests: 0 })
  const others = placed.filter(({ place, entry }) => place >= base.entries && place < count && !isRequest(entry)).length
  return base.requests + count - base.entries - others
}

/** The count is durable before anything else is written: a segment without it that holds nothing is one that was just created. */
function isEmpty({ journal, acknowledged, tables }: SegmentBytes): boolean {
  return [journal, acknowledged, ...tables.values()].every((bytes) => bytes === undefined || bytes.length === 0)
}
