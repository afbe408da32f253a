/**
 * Unpacks an archive into a new folder. Nothing is written outside it: names are judged first, a file is never written through a link (links are
 * made when everything else is there), and every link is followed at the end. What fails leaves nothing behind.
 */
import { createWriteStream } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, realpath, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { type ArchiveFormat, archiveFormat } from './archive-format.ts'
import { type ArchiveEntry, type ArchiveLimits, defaultLimits } from './entry.ts'
import { entryPath, staysInside } from './entry-path.ts'
import { readTar } from './read-tar.ts'
import { readZip } from './read-zip.ts'

const READERS: Readonly<Record<ArchiveFormat, (file: string) => AsyncGenerator<ArchiveEntry>>> = {
  'tar.gz': (file) => readTar(file, true),
  tar: (file) => readTar(file, false),
  zip: readZip,
}

/**
 * `folder` does not exist yet; its parent does. The single folder that all entries are in is left out, as `npm pack` and most other programs make
 * one. `name` is for messages, where the file itself has another.
 * @throws SPY_ARCHIVE_KIND, SPY_ARCHIVE_BROKEN, SPY_ARCHIVE_ENTRY, SPY_ARCHIVE_LIMIT, or what the file system says
 */
export async function unpackArchive(file: string, folder: string, limits: ArchiveLimits = defaultLimits): Promise<void> {
  const format = archiveFormat(file)
  if (!format) throw fail('SPY_ARCHIVE_KIND', [file])
  const aside = `${folder}.unpacking`
  await rm(aside, { recursive: true, force: true })
  await mkdir(aside, { mode: 0o755 })
  try {
    const unpacking = new Unpacking(file, aside, limits)
    for await (const entry of READERS[format](file)) await unpacking.add(entry)
    await unpacking.finish()
    await rename(await rootOf(aside), folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw isOurs(error) || isOfDisk(error)
      ? error
      : fail('SPY_ARCHIVE_BROKEN', [file, error instanceof Error ? error.message : String(error)], error)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** The folder that becomes the application: the single one in the archive, or the archive itself. */
async function rootOf(aside: string): Promise<string> {
  const entries = await readdir(aside, { withFileTypes: true })
  const [only] = entries
  return entries.length === 1 && only?.isDirectory() ? join(aside, only.name) : aside
}

const isOurs = (error: unknown): boolean => codeOf(error)?.startsWith('SPY_') === true
const isOfDisk = (error: unknown): boolean => ['ENOSPC', 'EROFS', 'EACCES', 'EDQUOT', 'EMFILE', 'ENOENT'].includes(codeOf(error) ?? '')

class Unpacking {
  readonly #file: string
  readonly #folder: string
  readonly #limits: ArchiveLimits
  readonly #kinds = new Map<string, ArchiveEntry['type']>()
  readonly #links: (readonly [path: string, target: string])[] = []
  #bytes = 0
  #entries = 0

  constructor(file: string, folder: string, limits: ArchiveLimits) {
    this.#file = file
    this.#folder = folder
    this.#limits = limits
  }

  async add(entry: ArchiveEntry): Promise<void> {
    if (++this.#entries > this.#limits.maxEntries) throw this.#tooMuch(`it has more than ${this.#limits.maxEntries} entries`)
    const judged = entryPath(entry.path)
    if ('wrong' in judged) throw this.#refused(entry, judged.wrong)
    const { path } = judged
    if (path === '') return // the root itself
    this.#place(entry, path)
    if (entry.type === 'folder') await mkdir(join(this.#folder, path), { recursive: true, mode: 0o755 })
    else if (entry.type === 'file') await this.#write(entry, path)
    else if (entry.type === 'hard link') await this.#copy(entry, path)
    else if (entry.type === 'link') this.#link(entry, path)
    else throw this.#refused(entry, 'is no file, folder or link, or is encrypted')
  }

  async finish(): Promise<void> {
    const root = await rootOf(this.#folder)
    const prefix = root === this.#folder ? '' : root.slice(this.#folder.length + 1)
    for (const [path, target] of this.#links) {
      if (!staysInside(path, target, prefix)) throw this.#refused({ path }, `is a link that leads out of the archive (${target})`)
      await mkdir(dirname(join(this.#folder, path)), { recursive: true, mode: 0o755 })
      await symlink(target, join(this.#folder, path))
    }
    const inside = await realpath(root)
    for (const [path, target] of this.#links) {
      const found = await realpath(join(this.#folder, path)).catch(() => '')
      if (found !== inside && !found.startsWith(`${inside}/`))
        throw this.#refused({ path }, `is a link that leads nowhere or out of the archive (${target})`)
    }
  }

  /** Refuses what is there twice, and what lies in something that is no folder. */
  #place({ path: given, type }: ArchiveEntry, path: string): void {
    const parts = path.split('/')
    for (let length = 1; length < parts.length; length++) {
      const above = parts.slice(0, length).join('/')
      const kind = this.#kinds.get(above) ?? 'folder'
      if (kind !== 'folder') throw this.#refused({ path: given }, `lies in a ${kind}`)
      this.#kinds.set(above, 'folder')
    }
    const known = this.#kinds.get(path)
    if (known !== undefined && !(known === 'folder' && type === 'folder')) throw this.#refused({ path: given }, 'is there twice')
    this.#kinds.set(path, type)
  }

  async #write({ content, isExecutable }: ArchiveEntry, path: string): Promise<void> {
    const file = join(this.#folder, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o755 })
    const out = createWriteStream(file, { flags: 'wx', mode: isExecutable ? 0o755 : 0o644 })
    if (content) await pipeline(content, this.#counted(), out)
    else await new Promise((resolve) => out.end(resolve))
  }

  /** Counts what is unpacked, not what the archive says that it is. */
  #counted(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        const excess = this.#count(chunk.length)
        if (excess) done(excess)
        else done(null, chunk)
      },
    })
  }

  #count(bytes: number): Error | undefined {
    this.#bytes += bytes
    if (this.#bytes <= this.#limits.maxBytes) return undefined
    return this.#tooMuch(`it unpacks to more than ${this.#limits.maxBytes} bytes`)
  }

  /** Of a file that came before. */
  async #copy(entry: ArchiveEntry, path: string): Promise<void> {
    const source = entryPath(entry.target ?? '')
    if (!('path' in source) || this.#kinds.get(source.path) !== 'file')
      throw this.#refused(entry, `is a hard link to something that is no file of the archive (${entry.target ?? ''})`)
    await mkdir(dirname(join(this.#folder, path)), { recursive: true, mode: 0o755 })
    const excess = this.#count((await stat(join(this.#folder, source.path))).size)
    if (excess) throw excess
    await copyFile(join(this.#folder, source.path), join(this.#folder, path))
    if (entry.isExecutable) await chmod(join(this.#folder, path), 0o755)
    this.#kinds.set(path, 'file')
  }

  #link(entry: ArchiveEntry, path: string): void {
    const { target = '' } = entry
    if (!staysInside(path, target)) throw this.#refused(entry, `is a link that leads out of the archive (${target})`)
    this.#links.push([path, target])
  }

  #refused({ path }: Pick<ArchiveEntry, 'path'>, why: string): Error {
    return fail('SPY_ARCHIVE_ENTRY', [this.#file, JSON.stringify(path.slice(0, 200)), why])
  }

  #tooMuch(why: string): Error {
    return fail('SPY_ARCHIVE_LIMIT', [this.#file, why])
  }
}
