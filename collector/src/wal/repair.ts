/**
 * Repairs a segment. A torn tail is truncated. A damaged segment is rewritten without the damage, under its own name, because
 * its rows carry that name: first next to it (`.repairing`), then the folders are swapped (`.replaced`), so that a crash at any moment
 * leaves one of them complete.
 */
import { join } from 'node:path'
import type { TableName } from '@spyglass/agent/contract'
import { ACKNOWLEDGED, acknowledgedBytes } from './acknowledged.ts'
import { type Fragment, setAside } from './damage.ts'
import { type FileLayer, writeSynced } from './file-layer.ts'
import type { Inspection, SegmentBytes } from './inspection.ts'
import { isRequest, type JournalEntry, type JournalLine, journalLine, type Part, tallyOf } from './journal.ts'
import type { Quarantine } from './quarantine.ts'
import { addPart, type Content, JOURNAL } from './segment.ts'

export const REPAIRING = '.repairing'
export const REPLACED = '.replaced'

export interface Place {
  readonly quarantine: Quarantine
  readonly files: FileLayer
  readonly root: string
  readonly name: string
}

/** What the segment's files contain afterwards. */
export interface Repaired {
  readonly content: Content
  readonly entries: readonly JournalEntry[]
  /** Bytes truncated because they were never acknowledged. */
  readonly tornBytes: number
}

export async function repair(place: Place, bytes: SegmentBytes, inspection: Inspection): Promise<Repaired> {
  const { files, root, name, quarantine } = place
  const entries = inspection.kept.map(({ entry }) => entry)
  const content: Content = new Map()
  for (const entry of entries) for (const part of entry.parts) addPart(content, part)
  const fragments = unusedBytes(bytes, inspection.kept)
  const size = fragments.reduce((sum, fragment) => sum + fragment.bytes.length, 0)
  const { isDamaged, lost, isCounted } = inspection
  if (!isCounted && entries.length > 0) await writeSynced(files, join(root, name, ACKNOWLEDGED), acknowledgedBytes(tallyOf(entries), name))
  if (size === 0 && entries.length > 0) return { content, entries, tornBytes: 0 }
  if (isDamaged) await setAside(files, quarantine, { segment: name, lost, isCounted, fragments })
  if (entries.length === 0) await files.remove(join(root, name))
  else if (isTail(bytes, inspection.kept, content)) await cutBack(place, bytes, { content, journalEnd: inspection.kept.at(-1)?.end ?? 0 })
  else await rewrite(place, bytes, entries)
  return { content, entries, tornBytes: isDamaged ? 0 : size }
}

/** Completes what a crash interrupted. */
export async function settleInterrupted(files: FileLayer, root: string): Promise<void> {
  const names = new Set(await files.list(root))
  for (const name of names) {
    if (name.endsWith(REPLACED)) {
      const segment = name.slice(0, -REPLACED.length)
      if (!names.has(segment))
        await files.rename(join(root, names.has(segment + REPAIRING) ? segment + REPAIRING : name), join(root, segment))
      await files.remove(join(root, name))
    }
  }
  for (const name of await files.list(root)) if (name.endsWith(REPAIRING)) await files.remove(join(root, name))
}

/** The bytes of all files that belong to no kept entry. */
function unusedBytes({ journal, tables }: SegmentBytes, kept: readonly JournalLine[]): Fragment[] {
  const used = kept.map(({ start, end }): Span => [start, end + 1])
  const ofTables = [...tables].flatMap(([table, bytes]) => {
    const parts = kept.flatMap(({ entry }) => entry.parts.filter((part) => part.table === table))
    return gaps(
      bytes,
      parts.map(({ offset, length }): Span => [offset, offset + length]),
    ).map((gap) => ({ file: `${table}.native`, ...gap }))
  })
  return [...(journal ? gaps(journal, used).map((gap) => ({ file: JOURNAL, ...gap })) : []), ...ofTables]
}

type Span = readonly [start: number, end: number]

function gaps(bytes: Buffer, used: readonly Span[]): { offset: number; bytes: Buffer }[] {
  const found: { offset: number; bytes: Buffer }[] = []
  let at = 0
  for (const [start, end] of [...used.toSorted((a, b) => a[0] - b[0]), [bytes.length, bytes.length] as const]) {
    if (start > at) found.push({ offset: at, bytes: bytes.subarray(at, start) })
    at = Math.max(at, end)
  }
  return found
}

/** Whether everything unused comes after everything used. */
function isTail({ tables }: SegmentBytes, kept: readonly JournalLine[], content: Content): boolean {
  const lines = kept.every(({ start }, i) => start === (i === 0 ? 0 : (kept[i - 1] as JournalLine).end + 1))
  return lines && [...tables.keys()].every((table) => endOf(kept, table) === (content.get(table)?.length ?? 0))
}

function endOf(kept: readonly JournalLine[], table: TableName): number {
  let end = 0
  for (const { entry } of kept) for (const part of entry.parts) if (part.table === table) end = Math.max(end, part.offset + part.length)
  return end
}

interface Rest {
  readonly content: Content
  readonly journalEnd: number
}

async function cutBack({ files, root, name }: Place, { tables, journal }: SegmentBytes, { content, journalEnd }: Rest): Promise<void> {
  const folder = join(root, name)
  for (const table of tables.keys()) {
    const kept = content.get(table)
    if (kept) await files.truncate(join(folder, `${table}.native`), kept.length)
    else await files.remove(join(folder, `${table}.native`))
  }
  await files.truncate(join(folder, JOURNAL), Math.min(journalEnd + 1, journal?.length ?? 0))
}

async function rewrite({ files, root, name }: Place, { tables }: SegmentBytes, entries: readonly JournalEntry[]): Promise<void> {
  const aside = join(root, name + REPAIRING)
  await files.remove(aside)
  await files.makeFolder(aside)
  const written = moved(name, entries, tables)
  for (const [table, pieces] of written.pieces) await writeSynced(files, join(aside, `${table}.native`), Buffer.concat(pieces))
  await writeSynced(files, join(aside, JOURNAL), Buffer.concat(written.entries.map(journalLine)))
  await writeSynced(files, join(aside, ACKNOWLEDGED), acknowledgedBytes(tallyOf(entries), name))
  await files.syncFolder(aside)
  await files.rename(join(root, name), join(root, name + REPLACED))
  await files.rename(aside, join(root, name))
  await files.syncFolder(root)
  await files.remove(join(root, name + REPLACED))
}

/** The entries in sequence, as if there had never been others. */
function moved(
  segment: string,
  entries: readonly JournalEntry[],
  tables: SegmentBytes['tables'],
): { entries: JournalEntry[]; pieces: Map<TableName, Buffer[]> } {
  const pieces = new Map<TableName, Buffer[]>()
  const ends = new Map<TableName, number>()
  const move = (part: Part): Part => {
    const offset = ends.get(part.table) ?? 0
    const list = pieces.get(part.table) ?? []
    list.push((tables.get(part.table) as Buffer).subarray(part.offset, part.offset + part.length))
    ends.set(part.table, offset + part.length)
    pieces.set(part.table, list)
    return { ...part, offset }
  }
  let requests = 0
  const moving = entries.map((entry, index) => {
    const after = { entries: index, requests }
    requests += Number(isRequest(entry))
    return { ...entry, segment, index, after, parts: entry.parts.map(move) }
  })
  return { entries: moving, pieces }
}
