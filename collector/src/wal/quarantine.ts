/**
 * The log's folder `quarantine`: copies of what recovery could not read, segments that the store refused, and what was misplaced. All of it
 * together is bounded; what has been there longest is removed first, and counted. It counts as part of the log's size.
 */
import { join } from 'node:path'
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

export class Quarantine {
  readonly folder: string
  /** Size of what is there. */
  bytes = 0
  /** What was removed because of the bound: segments and copies. */
  discarded = 0
  readonly #files: FileLayer
  readonly #maxBytes: number

  constructor(files: FileLayer, root: string, maxBytes = DEFAULT_MAX_BYTES) {
    this.folder = join(root, QUARANTINE)
    this.#files = files
    this.#maxBytes = maxBytes
  }

  /** Removes the oldest until `more` bytes fit. What is bigger than the bound is let in alone. */
  async makeRoom(more = 0): Promise<void> {
    const items = await this.#items()
    this.bytes = items.reduce((sum, item) => sum + item.bytes, 0)
    for (const item of items.toSorted((a, b) => a.modified - b.modified)) {
      if (this.bytes + more <= this.#maxBytes) break
      if (item.bytes === 0) continue
      await this.#discard(item)
    }
    this.bytes += more
  }

  async #items(): Promise<Item[]> {
    const names = await this.#files.list(this.folder)
    return await Promise.all(names.map(async (name) => await this.#item(join(this.folder, name))))
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
