/**
 * Unpacks an archive into a new folder. Nothing is written outside it: names are judged first, a file is never written through a link (links are
 * made when everything else is there), and every link is followed at the end. What fails leaves nothing behind.
 */
import { chmod, copyFile, mkdir, readdir, realpath, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { type ArchiveFormat, archiveFormat } from './archive-format.ts'
import { type ArchiveEntry, type ArchiveLimits, defaultLimits, MIN_JUDGED_BYTES } from './entry.ts'
import { entryPath, staysInside } from './entry-path.ts'
import { FileWriter } from './file-writer.ts'
import { readTar } from './read-tar.ts'
import { readZip } from './read-zip.ts'
import { wrongSignature } from './signature.ts'

type Reader = (file: string, onCount: (entries: number) => void) => AsyncGenerator<ArchiveEntry>

const READERS: Readonly<Record<ArchiveFormat, Reader>> = {
  'tar.gz': (file) => readTar(file, true),
  tar: (file) => readTar(file, false),
  zip: readZip,
}

export interface UnpackOptions {
  readonly limits?: ArchiveLimits
  /** What messages call the archive. Default: the name of the file. */
  readonly name?: string
}

/**
 * `folder` does not exist yet; its parent does. The single folder that all entries are in is left out, as `npm pack` and most other programs make
 * one.
 * @throws SPY_ARCHIVE_KIND, SPY_ARCHIVE_BROKEN, SPY_ARCHIVE_ENTRY, SPY_ARCHIVE_LIMIT, or what the file system says
 */
export async function unpackArchive(file: string, folder: string, options: UnpackOptions = {}): Promise<void> {
  const { limits = defaultLimits, name = basename(file) } = options
  const format = archiveFormat(file)
  if (!format) throw fail('SPY_ARCHIVE_KIND', [name])
  const wrong = await wrongSignature(file, format)
  if (wrong !== undefined) throw fail('SPY_ARCHIVE_BROKEN', [name, wrong])
  const aside = `${folder}.unpacking`
  await rm(aside, { recursive: true, force: true })
  await mkdir(aside, { mode: 0o755 })
  const unpacking = new Unpacking({ name, folder: aside, limits, packedBytes: (await stat(file)).size })
  try {
    for await (const entry of READERS[format](file, (entries) => unpacking.expect(entries))) await unpacking.add(entry)
    await unpacking.finish()
    await rename(await rootOf(aside), folder)
  } catch (error) {
    await unpacking.end()
    await removed(folder)
    throw isOurs(error) || isOfDisk(error) ? error : fail('SPY_ARCHIVE_BROKEN', [name, unpacking.whereBroken(error)], error)
  } finally {
    await removed(aside)
  }
}

/** What cannot be removed hides neither a failure nor a success; the next deployment removes it. */
const removed = (path: string): Promise<void> => rm(path, { recursive: true, force: true }).catch(() => undefined)

/** The folder that becomes the application: the single one in the archive, or the archive itself. */
async function rootOf(aside: string): Promise<string> {
  const entries = await readdir(aside, { withFileTypes: true })
  const [only] = entries
  return entries.length === 1 && only?.isDirectory() ? join(aside, only.name) : aside
}

const isOurs = (error: unknown): boolean => codeOf(error)?.startsWith('SPY_') === true
const isOfDisk = (error: unknown): boolean => /^E(NOSPC|ROFS|ACCES|PERM|DQUOT|[MN]FILE|NOENT|IO|NAMETOOLONG)$/.test(codeOf(error) ?? '')

/** Faults of zlib, which come without a text from a stream. */
const DECODER_FAULTS: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'it ends too early',
  Z_DATA_ERROR: 'its compressed data is damaged',
}

interface UnpackingOptions {
  readonly name: string
  readonly folder: string
  readonly limits: ArchiveLimits
  readonly packedBytes: number
}

class Unpacking {
  readonly #options: UnpackingOptions
  readonly #kinds = new Map<string, ArchiveEntry['type']>()
  readonly #links: (readonly [path: string, target: string])[] = []
  readonly #writer = new FileWriter()
  #bytes = 0
  #entries = 0
  #last = ''

  constructor(options: UnpackingOptions) {
    this.#options = options
  }

  /** What the archive says about itself: one with too many entries is refused before any is written. */
  expect(entries: number): void {
    if (entries > this.#options.limits.maxEntries) throw this.#tooMany()
  }

  async add(entry: ArchiveEntry): Promise<void> {
    if (++this.#entries > this.#options.limits.maxEntries) throw this.#tooMany()
    this.#last = entry.path
    const judged = entryPath(entry.path)
    if ('wrong' in judged) throw this.#refused(entry, judged.wrong)
    const { path } = judged
    if (path === '' || MAC_METADATA.test(path)) return this.#skip(entry)
    await this.#place(entry, path)
    if (entry.type === 'folder') await this.#makeFolder(path)
    else if (entry.type === 'file') await this.#write(entry, path)
    else if (entry.type === 'hard link') await this.#copy(entry, path)
    else if (entry.type === 'link') this.#link(entry, path)
    else if (entry.type === 'encrypted') throw this.#refused(entry, 'is encrypted; pack it without a password')
    else throw this.#refused(entry, 'is no plain file, folder or link (a device, a pipe, a sparse file); leave it out')
  }

  async finish(): Promise<void> {
    await this.#writer.finish()
    if (![...this.#kinds.values()].includes('file')) throw fail('SPY_ARCHIVE_BROKEN', [this.#options.name, 'it contains no file'])
    const root = await rootOf(this.#options.folder)
    const prefix = root === this.#options.folder ? '' : root.slice(this.#options.folder.length + 1)
    for (const [path, target] of this.#links) {
      if (!staysInside(path, target, prefix)) throw this.#refused({ path }, leadsOut(target))
      await mkdir(dirname(this.#at(path)), { recursive: true, mode: 0o755 })
      await symlink(target, this.#at(path))
    }
    const inside = await realpath(root)
    for (const [path, target] of this.#links) {
      const found = await realpath(this.#at(path)).catch(() => '')
      if (found !== inside && !found.startsWith(`${inside}/`))
        throw this.#refused({ path }, `is a link that leads nowhere or out of the archive (${shown(target)}); leave it out`)
    }
  }

  /** Waits for what is being written, so that it can be removed. */
  end(): Promise<void> {
    return this.#writer.end()
  }

  /** What went wrong in reading, and where. */
  whereBroken(error: unknown): string {
    const reason = DECODER_FAULTS[codeOf(error) ?? ''] ?? (messageOf(error).replace(/[.\s]+$/, '') || 'it cannot be decoded')
    if (this.#entries === 0) return reason
    return `${reason}, after ${this.#entries} ${this.#entries === 1 ? 'entry' : 'entries'}, the last of which is ${shown(this.#last)}`
  }

  /** Refuses what is there twice, and what lies in something that is no folder; folders that are only in its path are made. */
  async #place(entry: ArchiveEntry, path: string): Promise<void> {
    const known = this.#kinds.get(path)
    if (known !== undefined && !(known === 'folder' && entry.type === 'folder'))
      throw this.#refused(entry, 'is there twice; make a new archive instead of adding to it')
    await this.#placeAbove(entry, dirname(path))
    this.#know(path, entry.type)
  }

  async #placeAbove(entry: ArchiveEntry, above: string): Promise<void> {
    const kind = above === '.' ? 'folder' : this.#kinds.get(above)
    if (kind === 'folder') return
    if (kind !== undefined) throw this.#refused(entry, `lies in a ${kind}; leave one of the two out`)
    await this.#placeAbove(entry, dirname(above))
    this.#know(above, 'folder')
    await this.#makeFolder(above)
  }

  #know(path: string, type: ArchiveEntry['type']): void {
    this.#kinds.set(path, type)
    if (this.#kinds.size > this.#options.limits.maxEntries) throw this.#tooMany()
  }

  async #makeFolder(path: string): Promise<void> {
    await mkdir(this.#at(path), { recursive: true, mode: 0o755 })
  }

  async #write({ content, isExecutable, size = 0 }: ArchiveEntry, path: string): Promise<void> {
    await this.#writer.write({
      file: this.#at(path),
      mode: isExecutable ? 0o755 : 0o644,
      size,
      content: this.#counted(content),
    })
  }

  /** What is left out is read all the same: it counts, a tar goes on only behind it, and a zip would stay open. */
  async #skip({ content }: ArchiveEntry): Promise<void> {
    for await (const chunk of content ?? []) this.#count(chunk.length)
  }

  /** Counts what is unpacked, not what the archive says that it is. */
  async *#counted(content: ArchiveEntry['content']): AsyncGenerator<Uint8Array> {
    for await (const chunk of content ?? []) {
      this.#count(chunk.length)
      yield chunk
    }
  }

  /** @throws SPY_ARCHIVE_LIMIT */
  #count(bytes: number): void {
    const { limits, packedBytes } = this.#options
    this.#bytes += bytes
    if (this.#bytes > limits.maxBytes) throw this.#tooMuch(`more than ${limits.maxBytes} bytes`, 'maxUnpackedBytes')
    if (this.#bytes > MIN_JUDGED_BYTES && this.#bytes > packedBytes * limits.maxRatio)
      throw this.#tooMuch(`more than ${limits.maxRatio} times its size of ${packedBytes} bytes`, 'maxCompressionRatio')
  }

  /** Of a file that came before. */
  async #copy(entry: ArchiveEntry, path: string): Promise<void> {
    const source = entryPath(entry.target ?? '')
    if (!('path' in source) || this.#kinds.get(source.path) !== 'file')
      throw this.#refused(
        entry,
        `is a hard link to something that is no earlier file of the archive (${shown(entry.target ?? '')}); pack the file itself`,
      )
    await this.#writer.finish()
    this.#count((await stat(this.#at(source.path))).size)
    await copyFile(this.#at(source.path), this.#at(path))
    if (entry.isExecutable) await chmod(this.#at(path), 0o755)
    this.#kinds.set(path, 'file')
  }

  #link(entry: ArchiveEntry, path: string): void {
    const { target = '' } = entry
    if (!staysInside(path, target)) throw this.#refused(entry, leadsOut(target))
    this.#links.push([path, target])
  }

  #at(path: string): string {
    return join(this.#options.folder, path)
  }

  #refused({ path }: Pick<ArchiveEntry, 'path'>, why: string): Error {
    return fail('SPY_ARCHIVE_ENTRY', [this.#options.name, shown(path), why])
  }

  #tooMany(): Error {
    return fail('SPY_ARCHIVE_LIMIT', [
      this.#options.name,
      `has more than ${this.#options.limits.maxEntries} files, folders and links`,
      'maxArchiveEntries',
    ])
  }

  #tooMuch(size: string, setting: string): Error {
    return fail('SPY_ARCHIVE_LIMIT', [this.#options.name, `unpacks to ${size} (at entry ${shown(this.#last)})`, setting])
  }
}

/** What macOS adds beside the files: it would hide that there is a single folder. */
const MAC_METADATA = /^__MACOSX(\/|$)|(^|\/)\._[^/]*$/

const leadsOut = (target: string): string => `is a link that leads out of the archive (${shown(target)}); leave it out`

const MAX_SHOWN = 200

/** Text of the archive as a message may have it. */
const shown = (text: string): string => JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)
