/** What is left of the log after a crash: each segment is cut back to its last entry whose checksums hold. */
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { TableName } from '@spyglass/agent/contract'
import type { FileLayer } from './file-layer.ts'
import { type JournalEntry, type Part, readJournal } from './journal.ts'
import { addPart, type Content, JOURNAL } from './segment.ts'

export interface RecoveredSegment {
  readonly name: string
  readonly content: Content
  readonly entries: readonly JournalEntry[]
}

export interface Recovery {
  /** Oldest first. */
  readonly segments: readonly RecoveredSegment[]
  /** Entries of segments that were stored within the memory of repeated bodies. */
  readonly remembered: readonly JournalEntry[]
  /** Bytes cut off: requests that were never acknowledged, or damage. */
  readonly droppedBytes: number
}

/** Folders of the log beside the segments. */
export const DONE = 'done'
export const QUARANTINE = 'quarantine'
export const SEGMENT_NAME = /^[0-9a-f]{12}-\d{6}-\d{8}$/

export async function recover(files: FileLayer, root: string): Promise<Recovery> {
  const segments: RecoveredSegment[] = []
  let droppedBytes = 0
  for (const name of (await files.list(root)).filter((entry) => SEGMENT_NAME.test(entry))) {
    const { segment, dropped } = await recoverSegment(files, root, name)
    droppedBytes += dropped
    if (segment) segments.push(segment)
    else await files.remove(join(root, name))
  }
  const remembered: JournalEntry[] = []
  for (const name of await files.list(join(root, DONE))) {
    remembered.push(...readJournal(await files.read(join(root, DONE, name))).map(({ entry }) => entry))
  }
  return { segments: segments.sort(byAge), remembered, droppedBytes }
}

/** Boot and sequence order the segments; the collector's id before them may have changed with the machine. */
function byAge(one: RecoveredSegment, other: RecoveredSegment): number {
  return (one.entries[0]?.time ?? 0) - (other.entries[0]?.time ?? 0) || (one.name < other.name ? -1 : 1)
}

async function recoverSegment(files: FileLayer, root: string, name: string): Promise<{ segment?: RecoveredSegment; dropped: number }> {
  const folder = join(root, name)
  const present = new Set(await files.list(folder))
  const journal = present.has(JOURNAL) ? await files.read(join(folder, JOURNAL)) : Buffer.alloc(0)
  const tableFiles = await readTables(files, folder, present)
  const content: Content = new Map()
  const entries: JournalEntry[] = []
  let journalEnd = 0
  for (const { entry, end } of readJournal(journal)) {
    if (!entry.parts.every((part) => holds(part, tableFiles.get(part.table), content))) break
    for (const part of entry.parts) addPart(content, part)
    entries.push(entry)
    journalEnd = end
  }
  let dropped = journal.length - journalEnd
  for (const [table, bytes] of tableFiles) dropped += bytes.length - (content.get(table)?.length ?? 0)
  if (entries.length === 0) return { dropped }
  if (dropped > 0) await cutBack(files, folder, { journalEnd, content, tables: tableFiles.keys() })
  return { segment: { name, content, entries }, dropped }
}

async function readTables(files: FileLayer, folder: string, present: ReadonlySet<string>): Promise<Map<TableName, Buffer>> {
  const tables = new Map<TableName, Buffer>()
  for (const name of present) {
    if (name.endsWith('.native')) tables.set(name.slice(0, -'.native'.length) as TableName, await files.read(join(folder, name)))
  }
  return tables
}

function holds({ table, offset, length, crc }: Part, bytes: Buffer | undefined, content: Content): boolean {
  if (offset !== (content.get(table)?.length ?? 0) || !bytes || bytes.length < offset + length) return false
  return crc32(bytes.subarray(offset, offset + length)) === crc
}

interface Cut {
  readonly journalEnd: number
  readonly content: Content
  readonly tables: Iterable<TableName>
}

async function cutBack(files: FileLayer, folder: string, { journalEnd, content, tables }: Cut): Promise<void> {
  for (const table of tables) {
    const path = join(folder, `${table}.native`)
    const kept = content.get(table)
    if (kept) await files.truncate(path, kept.length)
    else await files.remove(path)
  }
  await files.truncate(join(folder, JOURNAL), journalEnd)
}
