/**
 * What recovery could not read: copied to the log's folder `quarantine` before anything is removed, with a report that is kept until
 * it was announced.
 */
import { join } from 'node:path'
import { type FileLayer, writeSynced } from './file-layer.ts'
import type { Tally } from './journal.ts'
import { DAMAGED, QUARANTINE, type Quarantine, REPORT } from './quarantine.ts'

const ANNOUNCED = 'announced.json'
const MAX_REPORT_BYTES = 1_048_576

export interface Damage {
  readonly segment: string
  /** Acknowledged entries that are lost; both 0 when the damaged part was no longer needed. */
  readonly lost: Tally
  /** False when nothing is left to show how much was acknowledged. */
  readonly isCounted: boolean
  /** Folder of the copies. */
  readonly folder: string
  /** Size of the copies. */
  readonly bytes: number
}

/** A piece of a file that cannot be used. */
export interface Fragment {
  readonly file: string
  readonly offset: number
  readonly bytes: Buffer
}

export interface Finding extends Pick<Damage, 'segment' | 'lost' | 'isCounted'> {
  readonly fragments: readonly Fragment[]
}

/**
 * Makes copies and report durable: one file for each damaged file, which holds its pieces in sequence; the report says where each
 * was. A second time after a crash writes the same again. Gives the folder.
 */
export async function setAside(files: FileLayer, quarantine: Quarantine, { fragments, ...finding }: Finding): Promise<string> {
  const bytes = fragments.reduce((sum, fragment) => sum + fragment.bytes.length, 0)
  await quarantine.makeRoom(bytes)
  const folder = await quarantine.folderFor(`${finding.segment}${DAMAGED}`)
  for (const file of new Set(fragments.map((fragment) => fragment.file))) {
    const ofFile = fragments.filter((fragment) => fragment.file === file)
    await writeSynced(files, join(folder, file), Buffer.concat(ofFile.map((fragment) => fragment.bytes)))
  }
  const damage: Damage = { ...finding, folder, bytes }
  const pieces = fragments.map((fragment) => ({ file: fragment.file, offset: fragment.offset, length: fragment.bytes.length }))
  await writeSynced(files, join(folder, REPORT), Buffer.from(JSON.stringify({ ...damage, pieces })))
  await files.syncFolder(folder)
  await files.syncFolder(quarantine.folder)
  return folder
}

/** Reports that are not announced yet. */
export async function unannouncedDamage(files: FileLayer, root: string): Promise<Damage[]> {
  const reports: Damage[] = []
  for (const name of await files.list(join(root, QUARANTINE))) {
    const folder = join(root, QUARANTINE, name)
    const isReported = name.endsWith(DAMAGED) && (await files.kind(join(folder, REPORT)).catch(() => undefined)) === 'file'
    if (isReported) reports.push(await reportIn(files, folder))
  }
  return reports
}

/** A failing disk may damage the report as well: its folder still shows that something was lost. The log may have been moved or copied since. */
async function reportIn(files: FileLayer, folder: string): Promise<Damage> {
  const path = join(folder, REPORT)
  const unknown: Damage = { segment: '', lost: { entries: 0, requests: 0 }, isCounted: false, folder, bytes: 0 }
  try {
    if ((await files.size(path)) > MAX_REPORT_BYTES) return unknown
    const found = JSON.parse((await files.read(path)).toString('utf8')) as unknown
    return isReport(found) ? { ...found, folder } : unknown
  } catch {
    return unknown // see above
  }
}

/** An announcement quotes it and counters add it up, so it must be what it claims to be. */
function isReport(value: unknown): value is Damage {
  const { segment, lost, isCounted, bytes } = (value ?? {}) as Partial<Damage>
  const isWhole = [lost?.entries, lost?.requests, bytes].every((number) => Number.isSafeInteger(number) && Number(number) >= 0)
  return isWhole && typeof segment === 'string' && typeof isCounted === 'boolean'
}

/** Keeps the report from being announced again; where nothing can be written, it is announced once more at the next start. */
export async function noteAnnounced(files: FileLayer, { folder }: Damage): Promise<void> {
  await files.rename(join(folder, REPORT), join(folder, ANNOUNCED)).catch(() => {})
}
