/**
 * Recovers the log after a crash. A torn tail, which was never acknowledged, is truncated; around any other damage the intact entries
 * are kept, and the damaged part is copied to `quarantine` and counted.
 */
import { join } from 'node:path'
import type { TableName } from '@spyglass/agent/contract'
import { ACKNOWLEDGED, acknowledgedBytes } from './acknowledged.ts'
import { type Damage, setAside, unannouncedDamage } from './damage.ts'
import { type FileLayer, writeSynced } from './file-layer.ts'
import { inspect, type SegmentBytes } from './inspection.ts'
import { type JournalEntry, readJournal, type Tally } from './journal.ts'
import { Quarantine } from './quarantine.ts'
import { type Place, repair, settleInterrupted } from './repair.ts'
import { type Content, JOURNAL } from './segment.ts'

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
  /** Truncated bytes of requests that were never acknowledged. */
  readonly droppedBytes: number
  /** Found now, or by an earlier start that ended before it could announce it. */
  readonly damage: readonly Damage[]
}

/** Folder of journals whose segments are in the store, beside the segments. */
export const DONE = 'done'
export const SEGMENT_NAME = /^[0-9a-f]{12}-\d{6}-\d{8}$/

/** @throws SPY_WAL_NEWER, and errors of the file system, which leave everything to be read again. */
export async function recover(files: FileLayer, root: string, quarantine = new Quarantine(files, root)): Promise<Recovery> {
  await settleInterrupted(files, root)
  const segments: RecoveredSegment[] = []
  let droppedBytes = 0
  const done = (await files.list(join(root, DONE))).filter((name) => SEGMENT_NAME.test(name))
  for (const name of done) await files.remove(join(root, name)) // stored, and a crash came before its folder was gone
  for (const name of (await files.list(root)).filter((entry) => SEGMENT_NAME.test(entry))) {
    const { entries, content, tornBytes } = await recoverSegment({ files, root, name, quarantine })
    droppedBytes += tornBytes
    if (entries.length > 0) segments.push({ name, content, entries })
  }
  const remembered: JournalEntry[] = []
  for (const name of done) remembered.push(...(await recoverDone({ files, root, name, quarantine })))
  return { segments: segments.sort(byAge), remembered, droppedBytes, damage: await unannouncedDamage(files, root) }
}

/**
 * Repairs one segment so that all of its files are intact. `acknowledged` is what the process that wrote it knows: with it a loss is
 * counted even if the whole folder is gone.
 */
export async function recoverSegment(place: Place, acknowledged?: Tally): ReturnType<typeof repair> {
  const { files, root, name } = place
  const found = await readSegment(files, root, name)
  const bytes = acknowledged ? { ...found, acknowledged: acknowledgedBytes(acknowledged, name) } : found
  return await repair(place, bytes, inspect(bytes))
}

/** Boot and sequence order the segments; the collector's id before them may have changed with the machine. */
function byAge(one: RecoveredSegment, other: RecoveredSegment): number {
  return (one.entries[0]?.time ?? 0) - (other.entries[0]?.time ?? 0) || (one.name < other.name ? -1 : 1)
}

async function readSegment(files: FileLayer, root: string, name: string): Promise<SegmentBytes> {
  const folder = join(root, name)
  const present = new Set<string>()
  for (const entry of await files.list(folder)) if ((await files.kind(join(folder, entry))) === 'file') present.add(entry)
  const read = async (entry: string): Promise<Buffer | undefined> =>
    present.has(entry) ? await files.read(join(folder, entry)) : undefined
  const tables = new Map<TableName, Buffer>()
  for (const entry of present) {
    if (entry.endsWith('.native')) tables.set(entry.slice(0, -'.native'.length) as TableName, await files.read(join(folder, entry)))
  }
  return { name, journal: await read(JOURNAL), acknowledged: await read(ACKNOWLEDGED), tables }
}

/** Its rows are in the store: damage here only means that a repeated body is stored again. */
async function recoverDone({ files, root, name, quarantine }: Place): Promise<JournalEntry[]> {
  const path = join(root, DONE, name)
  const bytes = await files.read(path)
  const { lines, unread } = readJournal(bytes, name)
  if (unread.length > 0) {
    const fragments = unread.map(({ start, end }) => ({ file: JOURNAL, offset: start, bytes: bytes.subarray(start, end) }))
    await setAside(files, quarantine, { segment: `${name}.${DONE}`, lost: { entries: 0, requests: 0 }, isCounted: true, fragments })
    const aside = await quarantine.freePath(`${name}.${DONE}.rest`)
    await writeSynced(
      files,
      aside,
      Buffer.concat(lines.map(({ start, end }) => Buffer.concat([bytes.subarray(start, end), Buffer.from('\n')]))),
    )
    await files.rename(aside, path)
  }
  return lines.map(({ entry }) => entry)
}
