/** A double of the log's file layer: it forgets what was not synced when the power fails, and fails on request. */
import { basename, dirname } from 'node:path'
import type { FileLayer, LogFile } from '../../collector/src/wal/file-layer.ts'

interface Content {
  now: Buffer
  synced: Buffer
}

export interface Write {
  readonly path: string
  readonly position: number
  readonly bytes: Buffer
}

export class MemoryFiles implements FileLayer {
  /** Bytes that may still be written; beyond it writes fail like a full disk. */
  space = Number.POSITIVE_INFINITY
  inodes: number | undefined
  failSync = false
  /** Every write, in order. */
  readonly writes: Write[] = []
  syncs = 0
  readonly #files = new Map<string, Content>()
  /** Names that would survive a loss of power, by folder. */
  readonly #durableNames = new Map<string, Set<string>>()
  readonly #times = new Map<string, number>()

  async makeFolder(): Promise<void> {}

  async open(path: string): Promise<LogFile> {
    const content = this.#files.get(path) ?? { now: Buffer.alloc(0), synced: Buffer.alloc(0) }
    this.#files.set(path, content)
    const file: LogFile = {
      write: async (bytes, position) => {
        await Promise.resolve()
        this.writes.push({ path, position, bytes: Buffer.from(bytes) })
        const growth = Math.max(0, position + bytes.length - content.now.length)
        const fits = bytes.length - Math.max(0, growth - this.space)
        this.space -= Math.min(growth, this.space)
        const grown = Buffer.alloc(Math.max(content.now.length, position + fits))
        content.now.copy(grown)
        bytes.copy(grown, position, 0, fits)
        content.now = grown
        this.#times.set(path, Date.now())
        if (fits < bytes.length) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      },
      writeAll: async (buffers, position) => {
        await Promise.resolve()
        await file.write(Buffer.concat(buffers), position)
      },
      truncate: async (length) => {
        content.now = Buffer.from(content.now.subarray(0, length))
      },
      sync: async () => {
        await Promise.resolve()
        if (this.failSync) throw new Error('EIO: i/o error')
        this.syncs++
        content.synced = Buffer.from(content.now)
      },
      close: async () => {},
    }
    return file
  }

  async syncFolder(path: string): Promise<void> {
    const prefix = `${path}/`
    const names = [...this.#files.keys()].filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length).split('/')[0]!)
    this.#durableNames.set(path, new Set(names))
  }

  async list(path: string): Promise<string[]> {
    const prefix = `${path}/`
    const names = [...this.#files.keys()].filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length).split('/')[0]!)
    return [...new Set(names)].sort()
  }

  async read(path: string): Promise<Buffer> {
    return Buffer.from(this.#files.get(path)?.now ?? Buffer.alloc(0))
  }

  async kind(path: string): Promise<'file' | 'folder' | undefined> {
    if (this.#files.has(path)) return 'file'
    return this.paths.some((file) => file.startsWith(`${path}/`)) ? 'folder' : undefined
  }

  async modified(path: string): Promise<number> {
    return this.#times.get(path) ?? Date.now()
  }

  async size(path: string): Promise<number> {
    return this.#files.get(path)?.now.length ?? 0
  }

  async freeInodes(): Promise<number | undefined> {
    return this.inodes
  }

  async truncate(path: string, length: number): Promise<void> {
    const content = this.#files.get(path)
    if (content) content.now = Buffer.from(content.now.subarray(0, length))
  }

  async rename(from: string, to: string): Promise<void> {
    if (!this.paths.some((path) => path === from || path.startsWith(`${from}/`)))
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
    for (const [path, content] of Array.from(this.#files)) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.#files.delete(path)
      this.#files.set(to + path.slice(from.length), content)
    }
  }

  async remove(path: string): Promise<void> {
    for (const file of Array.from(this.#files.keys())) if (file === path || file.startsWith(`${path}/`)) this.#files.delete(file)
  }

  /** Puts bytes there, durable. */
  put(path: string, bytes: Buffer): void {
    this.#files.set(path, { now: bytes, synced: bytes })
  }

  get paths(): string[] {
    return [...this.#files.keys()].sort()
  }

  /** What another process finds after a kill: everything written. */
  afterKill(): MemoryFiles {
    return this.#copy(({ now }) => now)
  }

  /** What is found after a loss of power: only what was synced, in folders that were synced. */
  afterPowerLoss(): MemoryFiles {
    const copy = new MemoryFiles()
    for (const [path, { synced }] of this.#files) {
      const folder = dirname(path)
      const isThere = this.#durableNames.get(folder)?.has(basename(path)) && this.#durableNames.get(dirname(folder))?.has(basename(folder))
      if (isThere) copy.put(path, synced)
    }
    return copy
  }

  #copy(of: (content: Content) => Buffer): MemoryFiles {
    const copy = new MemoryFiles()
    for (const [path, content] of this.#files) copy.put(path, Buffer.from(of(content)))
    copy.writes.push(...this.writes)
    return copy
  }
}
