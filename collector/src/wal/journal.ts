/**
 * The journal of a segment: a line for each acknowledged request, which says what it added to which table file. A line is
 * `<CRC-32 of the rest, 8 hexadecimal digits> <JSON>\n`; an entry is valid only if its line and the bytes it refers to are intact.
 * A damaged line costs its own entry: reading resumes at the next line, and the entries' indexes tell how many are missing.
 */
import { type TableName, tables } from '@spyglass/agent/contract'
import { checkedLine, textOfLine } from '@spyglass/process/durable-file'
import { fail } from './errors.ts'

/** What an entry added to one table's file. */
export interface Part {
  readonly table: TableName
  readonly offset: number
  readonly length: number
  readonly rows: number
  /** What a reader of the table gets by summing; see TableBlock.weight. */
  readonly weight: number
  readonly crc: number
  /** Seconds since the epoch. */
  readonly oldest: number
  readonly newest: number
}

/** How far a log file has been read: the identity of the file (inode) and the byte after the last line taken. */
export interface TailOffset {
  readonly file: string
  readonly inode: number
  readonly offset: number
}

/** How many entries, and how many of them are OTLP requests; the others are events and log lines of the server itself. */
export interface Tally {
  readonly entries: number
  readonly requests: number
}

export interface JournalEntry {
  /** The segment whose entry it is; earlier builds did not write it. */
  readonly segment?: string
  /** Sequence of the request within the boot; with the segment's name it makes the request's id. */
  readonly sequence: number
  /** When it was received, in milliseconds since the epoch. */
  readonly time: number
  /** Signal and first 128 bits of the SHA-256 of signal and body, in hexadecimal; empty for rows that no request brought. */
  readonly hash: string
  readonly items: number
  readonly parts: readonly Part[]
  readonly tail?: readonly TailOffset[]
  /** Place of the entry in its segment, from 0. Earlier builds did not write it, nor `after`. */
  readonly index?: number
  /** What was acknowledged in the segment before the commit that wrote this entry. */
  readonly after?: Tally
}

/** An entry and the position of its line, without the line break. */
export interface JournalLine {
  readonly entry: JournalEntry
  readonly start: number
  readonly end: number
}

/** Bytes between intact lines. */
export interface UnreadBytes {
  readonly start: number
  readonly end: number
  /** Whether it ends with a line break, as every complete line does. */
  readonly hasEnd: boolean
}

export interface Journal {
  readonly lines: readonly JournalLine[]
  readonly unread: readonly UnreadBytes[]
}

/** Events of the collector have a hash, too, by which repeats are known. */
export const isRequest = ({ hash }: Pick<JournalEntry, 'hash'>): boolean => hash !== '' && !hash.startsWith('e')

export const tallyOf = (entries: readonly JournalEntry[]): Tally => ({
  entries: entries.length,
  requests: entries.filter(isRequest).length,
})

export function journalLine(entry: JournalEntry): Buffer {
  return checkedLine(JSON.stringify(entry))
}

/**
 * Every entry of the segment whose line is intact, and what is between them. Entries of another segment are unread bytes.
 * @throws SPY_WAL_NEWER for an entry of a table that this version does not know.
 */
export function readJournal(bytes: Buffer, segment: string): Journal {
  const lines: JournalLine[] = []
  const unread: UnreadBytes[] = []
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start)
    const end = newline < 0 ? bytes.length : newline
    const found = linesWithin(bytes, { start, end, segment })
    lines.push(...found)
    const covered = found.reduce((sum, line) => sum + line.end - line.start, 0)
    const breaks = Math.max(0, found.length - 1) // damaged line breaks between intact entries
    if (covered < end - start - breaks) unread.push({ start, end: newline < 0 ? end : end + 1, hasEnd: newline >= 0 })
    start = end + 1
  }
  return { lines, unread }
}

const LINE_START = /[0-9a-f]{8} \{/g
/** A damaged line break joins two lines, a write that never happened leaves zeros before one: more starts than these are chance. */
const MAX_STARTS = 16

interface Stretch {
  readonly start: number
  readonly end: number
  readonly segment: string
}

function linesWithin(bytes: Buffer, { start, end, segment }: Stretch): JournalLine[] {
  const whole = entryOf(bytes.subarray(start, end), segment)
  if (whole) return [{ entry: whole, start, end }]
  const starts = Array.from(bytes.toString('latin1', start, end).matchAll(LINE_START), ({ index }) => start + index).slice(0, MAX_STARTS)
  return starts.flatMap((from, i) => {
    for (const to of [(starts[i + 1] ?? end + 1) - 1, end]) {
      const entry = entryOf(bytes.subarray(from, to), segment)
      if (entry) return [{ entry, start: from, end: to }]
    }
    return []
  })
}

function entryOf(line: Buffer, segment: string): JournalEntry | undefined {
  const text = textOfLine(line)
  if (text === undefined) return undefined
  const entry = JSON.parse(text) as JournalEntry // the checksum proves that we wrote it
  if (entry.segment !== undefined && entry.segment !== segment) return undefined
  for (const { table } of entry.parts) if (!Object.hasOwn(tables, table)) throw fail('SPY_WAL_NEWER', [table])
  return entry
}
