/**
 * The journal of a segment: a line for each acknowledged request, which says what it added to which table file. A line is
 * `<CRC-32 of the rest, 8 hexadecimal digits> <JSON>\n`; an entry holds only if its line and the bytes that it speaks of hold.
 *
 * The checksum is CRC-32 (IEEE, zlib.crc32): it is native and costs a tenth of a table-driven CRC-32C, and finds torn writes as well.
 */
import { crc32 } from 'node:zlib'
import { type TableName, tables } from '@spyglass/agent/contract'

/** What an entry added to one table's file. */
export interface Part {
  readonly table: TableName
  readonly offset: number
  readonly length: number
  readonly rows: number
  /** What a reader of the table finds by adding up; see TableBlock.weight. */
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

export interface JournalEntry {
  /** Sequence of the request within the boot; with the segment's name it makes the request's id. */
  readonly sequence: number
  /** When it was taken, in milliseconds since the epoch. */
  readonly time: number
  /** First 128 bits of the SHA-256 of signal and body, in hexadecimal; empty for rows that no request brought. */
  readonly hash: string
  readonly items: number
  readonly parts: readonly Part[]
  readonly tail?: readonly TailOffset[]
}

export function journalLine(entry: JournalEntry): Buffer {
  const json = JSON.stringify(entry)
  return Buffer.from(`${checksum(Buffer.from(json))} ${json}\n`)
}

/** The entries up to the first line that does not hold, each with where its line ends. */
export function readJournal(bytes: Buffer): { entry: JournalEntry; end: number }[] {
  const entries: { entry: JournalEntry; end: number }[] = []
  let start = 0
  for (;;) {
    const newline = bytes.indexOf(10, start)
    if (newline < 0) return entries
    const entry = entryOf(bytes.subarray(start, newline))
    if (!entry) return entries
    start = newline + 1
    entries.push({ entry, end: start })
  }
}

function entryOf(line: Buffer): JournalEntry | undefined {
  const json = line.subarray(9)
  if (line.length < 11 || line[8] !== 32 || line.toString('latin1', 0, 8) !== checksum(json)) return undefined
  const entry = JSON.parse(json.toString('utf8')) as JournalEntry // the checksum vouches that we wrote it
  return entry.parts.every(({ table }) => Object.hasOwn(tables, table)) ? entry : undefined
}

const checksum = (bytes: Buffer): string => crc32(bytes).toString(16).padStart(8, '0')
