/**
 * Where the engine works while the disk of its folder is read-only. To open its tables it writes its process id beside them, and into each a log of
 * deduplication, unless its definition asks for none. So it gets a new folder on another disk with altered definitions, in which the tables are links:
 * whatever it would write into one of them fails as it must.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SubstituteFolder extends Disposable {
  /** In place of the folder of the tables. */
  readonly path: string
  /** In place of the folder that the process works in. */
  readonly workingFolder: string
}

/**
 * Tries the folders in turn: the temporary one may be on the same disk.
 * @throws what the file system says of the last
 */
export function substituteFor(path: string, candidates: readonly string[] = [tmpdir(), '/dev/shm']): SubstituteFolder {
  const [first, ...others] = candidates
  try {
    return substituteIn(first ?? tmpdir(), path)
  } catch (error) {
    if (others.length === 0) throw error
    return substituteFor(path, others)
  }
}

function substituteIn(parent: string, path: string): SubstituteFolder {
  const folder = mkdtempSync(join(parent, 'spyglass-engine-')) // a new name, and mode 0700
  const remove = (): void => rmSync(folder, { recursive: true, force: true }) // follows no links
  try {
    const tables = join(folder, 'clickhouse')
    mirrorTop(path, tables)
    return { path: tables, workingFolder: join(folder, 'engine'), [Symbol.dispose]: remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** `metadata` leads by relative links to the definitions in `store`. */
function mirrorTop(from: string, to: string): void {
  mkdirSync(to)
  for (const name of readdirSync(from)) {
    if (name === 'status') continue // the process id
    if (name === 'metadata') mirror(join(from, name), join(to, name))
    else if (name === 'store') mirrorStore(join(from, name), join(to, name))
    else symlinkSync(join(from, name), join(to, name))
  }
}

function mirror(from: string, to: string): void {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name)
    symlinkSync(entry.isSymbolicLink() ? readlinkSync(path) : path, join(to, entry.name))
  }
}

/** In `store/ABC/UUID` are either the definitions of a database or the parts of a table. */
function mirrorStore(from: string, to: string): void {
  mkdirSync(to)
  for (const prefix of readdirSync(from)) {
    mkdirSync(join(to, prefix))
    for (const uuid of readdirSync(join(from, prefix))) {
      const [path, mirrored] = [join(from, prefix, uuid), join(to, prefix, uuid)]
      const names = readdirSync(path)
      if (names.some((name) => name.endsWith('.sql'))) copyDefinitions(path, mirrored)
      else if (names.some(isUnfinished)) mirrorParts(path, mirrored)
      else symlinkSync(path, mirrored)
    }
  }
}

/** A merge would fill the other disk, for nothing. */
const NO_MERGES = 'max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1'

/** Parts that an insert or a merge did not finish, and parts about to be removed. */
const isUnfinished = (name: string): boolean => /^(?:delete_)?tmp[_-]/.test(name)

/**
 * An engine removes the unfinished parts of a table before it opens it, and gives up where it cannot. So it does not see them: it gets a folder with links
 * to the files of the others. Were the parts links, it would remove through them what it has merged.
 */
function mirrorParts(from: string, to: string): void {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [path, mirrored] = [join(from, entry.name), join(to, entry.name)]
    if (isUnfinished(entry.name)) continue
    if (entry.isDirectory()) mirrorParts(path, mirrored)
    else symlinkSync(path, mirrored)
  }
}

function copyDefinitions(from: string, to: string): void {
  mkdirSync(to)
  for (const name of readdirSync(from).filter((one) => one.endsWith('.sql'))) {
    const text = readFileSync(join(from, name), 'utf8')
    writeFileSync(
      join(to, name),
      text.replaceAll(/\bnon_replicated_deduplication_window = \d+/g, `non_replicated_deduplication_window = 0, ${NO_MERGES}`),
    )
  }
}
