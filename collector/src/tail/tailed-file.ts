/**
 * One log file as it grows. It follows a rotation by rename: the old file is read to its end through the open handle, or, after a restart,
 * found by its inode beside the new one. A file that became shorter is read from its beginning.
 */
import { open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import type { TailOffset } from '../wal/index.ts'
import { splitLines } from './line-reader.ts'

/** Maximum bytes of one read: a long backlog is taken piece by piece. */
const READ_BYTES = 1_048_576

export interface Batch {
  readonly lines: readonly string[]
  /** How far the file is read once these lines are stored. */
  readonly offset: TailOffset
}

export class TailedFile {
  readonly path: string
  #handle: FileHandle | undefined
  #inode = 0
  #offset = 0
  readonly #resumeAt: TailOffset | undefined

  constructor(path: string, resumeAt: TailOffset | undefined) {
    this.path = path
    this.#resumeAt = resumeAt
  }

  /** The next complete lines, or undefined when there is nothing new. Only `advance` moves the offset. */
  async next(): Promise<Batch | undefined> {
    if (!this.#handle && !(await this.#openFirst())) return undefined
    const handle = this.#handle as FileHandle
    const { size } = await handle.stat()
    if (size < this.#offset) this.#offset = 0
    const isRotated = (await inodeOf(this.path)) !== this.#inode
    if (size === this.#offset) return isRotated ? await this.#reopen() : undefined
    return await this.#read(handle, { size, isRotated })
  }

  /** Records that a batch is stored. */
  advance({ offset }: Batch): void {
    this.#offset = offset.offset
  }

  async close(): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
  }

  async #read(handle: FileHandle, { size, isRotated }: { size: number; isRotated: boolean }): Promise<Batch | undefined> {
    const wanted = Math.min(READ_BYTES, size - this.#offset)
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, this.#offset)
    const isLast = isRotated && this.#offset + bytesRead >= size
    const { lines, taken } = splitLines(buffer.subarray(0, bytesRead), isLast)
    if (taken === 0) return undefined
    return { lines, offset: { file: this.path, inode: this.#inode, offset: this.#offset + taken } }
  }

  async #reopen(): Promise<Batch | undefined> {
    await this.close()
    return (await this.#openAt(this.path, 0)) ? await this.next() : undefined
  }

  /** After a restart: continues where it was, even if the file was renamed in the meantime. */
  async #openFirst(): Promise<boolean> {
    const resume = this.#resumeAt
    if (!resume || this.#inode !== 0) return await this.#openAt(this.path, 0)
    if ((await inodeOf(this.path)) === resume.inode) return await this.#openAt(this.path, resume.offset)
    const renamed = await fileWithInode(dirname(this.path), resume.inode)
    return renamed === undefined ? await this.#openAt(this.path, 0) : await this.#openAt(renamed, resume.offset)
  }

  async #openAt(path: string, offset: number): Promise<boolean> {
    try {
      this.#handle = await open(path, 'r')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    }
    this.#inode = (await this.#handle.stat()).ino
    this.#offset = offset
    return true
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function fileWithInode(folder: string, inode: number): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    if ((await inodeOf(join(folder, name))) === inode) return join(folder, name)
  }
  return undefined
}
