/**
 * The log's folder `quarantine`: copies of what recovery could not read, segments that the store refused, and what was misplaced. All of it
 * together is bounded; what has been there longest is removed first, and counted. It counts as part of the log's size. People look into it, move and
 * remove things, and a failing disk damages it as well: nothing that lies there keeps the log from opening or a segment from being set aside.
 */
import { basename, join } from 'node:path'
import type { FileLayer } from './file-layer.ts'

export const QUARANTINE = 'quarantine'
export const DAMAGED = '.damaged'
export const REPORT = 'report.json'
const DEFAULT_MAX_BYTES = 268_435_456

interface Item {
  readonly path: string
  readonly bytes: number
  readonly modified: number
}

/** `name` in the folder if nothing is there, else `name.2` … */
export async function freePath(files: FileLayer, folder: string, name: string): Promise<string> {
  const taken = new Set(await files.list(folder))
  let free = name
  for (let copy = 2; taken.has(free); copy++) free = `${name}.${copy}`
  return join(folder, free)
}

/** What was removed meanwhile, or cannot be looked into. */
const nothingAt = (path: string): Item => ({ path, bytes: 0, modified: 0 })

export class Quarantine {
  readonly folder: string
  /** Size of what is there. */
  bytes = 0
  /** What was removed because of the limit: segments and copies. */
  discarded = 0
  readonly #files: FileLayer
  readonly #maxBytes: number

  constructor(files: FileLayer, root: string, maxBytes = DEFAULT_MAX_BYTES) {
    this.folder = join(root, QUARANTINE)
    this.#files = files
    this.#maxBytes = maxBytes
  }

  /** A folder for these copies: new, or as an earlier attempt left it. Anything else that lies there is moved aside. */
  async folderFor(name: string): Promise<string> {
    const folder = join(this.folder, name)
    if (!(await this.#isOfCopies(folder))) await this.#files.rename(folder, await this.freePath(`${name}.misplaced`))
    await this.#files.makeFolder(folder)
    return folder
  }

  /** A path with nothing there, in a quarantine that is there. */
  async freePath(name: string): Promise<string> {
    await this.#files.makeFolder(this.folder)
    return await freePath(this.#files, this.folder, name)
  }

  /** Whether there is nothing at the path, or a folder with nothing but files. */
  async #isOfCopies(path: string): Promise<boolean> {
    if (!(await this.#files.list(this.folder)).includes(basename(path))) return true
    if ((await this.#files.kind(path)) !== 'folder') return false
    const kinds = await Promise.all((await this.#files.list(path)).map(async (name) => await this.#files.kind(join(path, name))))
    return kinds.every((kind) => kind === 'file')
  }

  /** Removes the oldest until `more` bytes fit. An item bigger than the limit is kept alone. */
  async makeRoom(more = 0): Promise<void> {
    const items = await this.#items()
    this.bytes = items.reduce((sum, item) => sum + item.bytes, 0)
    for (const item of items.toSorted((a, b) => a.modified - b.modified)) {
      if (this.bytes + more <= this.#maxBytes) break
      if (item.bytes === 0) continue
      await this.#discard(item).catch(() => {}) // somebody else removed it, or nobody may
    }
    this.bytes += more
  }

  async #items(): Promise<Item[]> {
    const names = await this.#files.list(this.folder)
    return await Promise.all(
      names.map(async (name) => await this.#item(join(this.folder, name)).catch(() => nothingAt(join(this.folder, name)))),
    )
  }

  /** The report of a copy is not counted: it is small and outlives the copy. */
  async #item(path: string): Promise<Item> {
    if ((await this.#files.kind(path)) !== 'folder')
      return { path, bytes: await this.#files.size(path), modified: await this.#files.modified(path) }
    let bytes = 0
    let modified = 0
    for (const name of await this.#files.list(path)) {
      if (name !== REPORT) bytes += await this.#files.size(join(path, name))
      modified = Math.max(modified, await this.#files.modified(join(path, name)))
    }
    return { path, bytes, modified }
  }

  /** A report that was not announced outlives its copies. */
  async #discard({ path, bytes }: Item): Promise<void> {
    const names = path.endsWith(DAMAGED) ? await this.#files.list(path) : []
    if (!names.includes(REPORT)) await this.#files.remove(path)
    else for (const name of names) if (name !== REPORT) await this.#files.remove(join(path, name))
    this.bytes -= bytes
    this.discarded++
  }
}
