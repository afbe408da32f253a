/**
 * What recovery could not read: copied to the log's folder `quarantine` before anything is removed, with a report that is kept until
 * it was announced.
 */
import { join } from 'node:path'
import { type FileLayer, writeSynced } from './file-layer.ts'
import type { Tally } from './journal.ts'
import { DAMAGED, QUARANTINE, type Quarantine, REPORT } from './quarantine.ts'

const ANNOUNCED = 'announced.json'

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
 * lay. A second time after a crash writes the same again. Gives the folder.
 */
export async function setAside(files: FileLayer, quarantine: Quarantine, { fragments, ...finding }: Finding): Promise<string> {
  const folder = join(quarantine.folder, `${finding.segment}${DAMAGED}`)
  const bytes = fragments.reduce((sum, fragment) => sum + fragment.bytes.length, 0)
  await quarantine.makeRoom(bytes)
  await files.makeFolder(folder)
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
    if (!name.endsWith(DAMAGED) || !(await files.list(folder)).includes(REPORT)) continue
    reports.push(reportIn(await files.read(join(folder, REPORT)), folder))
  }
  return reports
}

/** A failing disk may damage the report as well: its folder still shows that something was lost. */
function reportIn(bytes: Buffer, folder: string): Damage {
  const unknown: Damage = { segment: '', lost: { entries: 0, requests: 0 }, isCounted: false, folder, bytes: 0 }
  try {
    return { ...unknown, ...(JSON.parse(bytes.toString('utf8')) as Damage) }
  } catch {
    return unknown // see above
  }
}

/** Keeps the report from being announced again. */
export async function noteAnnounced(files: FileLayer, { folder }: Damage): Promise<void> {
  await files.rename(join(folder, REPORT), join(folder, ANNOUNCED))
}
