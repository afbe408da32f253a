/** One look at the auto-deploy folder: what lies in it, and a mark of each that changes whenever anything in it does. */
import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import { archiveFormat } from './archive/archive-format.ts'
import type { Look } from './auto-deploy.ts'

/** Hidden files, and `NAME.failed`, which is ours. */
const IGNORED = /^\.|\.failed$/

/** Empty when the folder does not exist. Throws what else the file system says. */
export async function lookAt(folder: string): Promise<Look> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  const wanted = entries.filter((entry) => !IGNORED.test(entry.name) && (entry.isDirectory() || archiveFormat(entry.name) !== undefined))
  const marks = await Promise.all(wanted.map(async ({ name }) => [name, await markOf(join(folder, name))] as const))
  return new Map(marks.flatMap(([name, mark]) => (mark === undefined ? [] : [[name, mark]])))
}

/** Undefined when it went away while it was looked at. */
async function markOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for (const line of (await linesOf(path, '')).sort()) hash.update(`${line}\n`)
    return hash.digest('hex')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Installed packages are judged by their folder: a poll of every file of theirs would cost more than the rest of the server. */
async function linesOf(root: string, path: string): Promise<string[]> {
  const { mode, size, mtimeMs, ino } = await lstat(join(root, path))
  const own = `${path} ${mode} ${size} ${mtimeMs} ${ino}`
  const isFolder = (mode & 0o170000) === 0o040000
  if (!isFolder || path.endsWith('node_modules')) return [own]
  const below = await Promise.all((await readdir(join(root, path))).map((name) => linesOf(root, join(path, name))))
  return [own, ...below.flat()]
}
