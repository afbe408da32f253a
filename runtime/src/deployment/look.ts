/** One look at the auto-deploy folder: what lies in it, and a mark of each that changes whenever anything in it does. */
import { createHash } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { archiveFormat } from './archive/archive-format.ts'
import type { Look } from './auto-deploy.ts'
import { checkLink, type LinkRules } from './deploy-link.ts'

/** Hidden files, and `NAME.failed`, which is ours. */
const IGNORED = /^\.|\.failed$/

/** Empty when the folder does not exist. Throws what else the file system says. */
export async function lookAt(rules: LinkRules): Promise<Look> {
  const { folder } = rules
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  const marks = await Promise.all(
    entries.filter(({ name }) => !IGNORED.test(name)).map(async (entry) => [entry.name, await markOfEntry(rules, entry)] as const),
  )
  return new Map(marks.flatMap(([name, mark]) => (mark === undefined ? [] : [[name, mark]])))
}

/** Undefined for what is nothing to deploy. */
async function markOfEntry(rules: LinkRules, entry: Dirent): Promise<string | undefined> {
  const path = join(rules.folder, entry.name)
  if (entry.isSymbolicLink()) return await markOfLink(path, rules)
  return entry.isDirectory() || archiveFormat(entry.name) !== undefined ? await markOf(path) : undefined
}

/** A link is what it leads to. One that may not be followed is not looked into, and is there all the same: its deployment says what is wrong with it. */
async function markOfLink(path: string, rules: LinkRules): Promise<string | undefined> {
  const named = await readlink(path).catch(() => '')
  try {
    await checkLink(path, rules)
    const target = await realpath(path)
    const isWanted = [path, target].some((one) => archiveFormat(basename(one)) !== undefined) || (await stat(target)).isDirectory()
    return isWanted ? `${named} ${await markOf(target)}` : undefined
  } catch (error) {
    return `${named} ${messageOf(error)}`
  }
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
