/**
 * What is of the wrong kind in the log's folder (a folder, pipe or dangling link where a file belongs, a file where a folder does), left by a
 * restore that went wrong or by hand, is moved to `quarantine` and reported: the log opens anyway, and nothing is deleted unread.
 */
import { basename, join } from 'node:path'
import { setAside } from './damage.ts'
import type { FileLayer } from './file-layer.ts'
import { FILE as INSERTING } from './inserting.ts'
import { freePath, type Quarantine } from './quarantine.ts'
import { DONE, SEGMENT_NAME } from './recovery.ts'

export async function setMisplacedAside(files: FileLayer, root: string, quarantine: Quarantine): Promise<void> {
  const { folder } = quarantine
  if ((await files.list(root)).includes(basename(folder)) && (await files.kind(folder)) !== 'folder')
    await files.rename(folder, await freePath(files, root, `${basename(folder)}.misplaced`))
  for (const name of await files.list(root)) {
    const isSegment = SEGMENT_NAME.test(name)
    const wanted = isSegment || name === DONE ? 'folder' : name === INSERTING ? 'file' : undefined
    if (wanted !== undefined) await check(files, quarantine, { path: join(root, name), wanted, isCounted: !isSegment })
  }
  for (const name of await files.list(join(root, DONE)))
    if (SEGMENT_NAME.test(name)) await check(files, quarantine, { path: join(root, DONE, name), wanted: 'file', isCounted: true })
}

interface Expected {
  readonly path: string
  readonly wanted: 'file' | 'folder'
  /** False where nobody can tell how many requests are lost with it. */
  readonly isCounted: boolean
}

async function check(files: FileLayer, quarantine: Quarantine, { path, wanted, isCounted }: Expected): Promise<void> {
  if ((await files.kind(path)) === wanted) return
  const name = basename(path)
  const folder = await setAside(files, quarantine, { segment: name, lost: { entries: 0, requests: 0 }, isCounted, fragments: [] })
  await files.remove(join(folder, name))
  await files.rename(path, join(folder, name))
}
