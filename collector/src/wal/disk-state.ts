/** Why the log cannot be written, with the remedy; checks on its own whether it can be written again. */
import { join } from 'node:path'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { type FileLayer, writeSynced } from './file-layer.ts'

const PROBE_MS = 1000
/** The size of a typical request. */
const PROBE_BYTES = 65_536

export class DiskState {
  /** Undefined while writing works. */
  failure: string | undefined
  readonly #files: FileLayer
  readonly #root: string
  #timer: NodeJS.Timeout | undefined

  constructor(files: FileLayer, root: string) {
    this.#files = files
    this.#root = root
  }

  /** Notes a failed write and returns the reason. */
  async fails(error: unknown): Promise<string> {
    this.failure = await reasonOf(error, this.#files, this.#root)
    this.#timer ??= setInterval(() => void this.#probe(), PROBE_MS).unref()
    return this.failure
  }

  works(): void {
    this.failure = undefined
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Otherwise nobody would notice free space until the next request. */
  async #probe(): Promise<void> {
    const path = join(this.#root, 'probe')
    try {
      await writeSynced(this.#files, path, Buffer.alloc(PROBE_BYTES))
      await this.#files.remove(path)
      this.works()
    } catch (error) {
      if (this.failure !== undefined) await this.fails(error)
      await this.#files.remove(path).catch(() => undefined) // on a read-only disk there is nothing to remove
    }
  }
}

/** What a failed write says about the disk. */
export async function reasonOf(error: unknown, files: FileLayer, folder: string): Promise<string> {
  switch (codeOf(error)) {
    case 'ENOSPC':
      return (await files.freeInodes(folder)) === 0
        ? `the disk of ${folder} has no free inodes (ENOSPC): remove small files`
        : `the disk of ${folder} is full (ENOSPC): free some space`
    case 'EDQUOT':
      return `the disk quota of ${folder} is exhausted (EDQUOT)`
    case 'EROFS':
      return `${folder} is on a read-only file system (EROFS)`
    case 'EACCES':
    case 'EPERM':
      return `no permission to write to ${folder} (${codeOf(error)})`
    case 'EIO':
      return `the disk of ${folder} reports errors (EIO)`
    default:
      return messageOf(error)
  }
}

const DISK_CODES = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EMFILE', 'ENFILE'])

/** Whether waiting may help. */
export const isDiskFailure = (error: unknown): boolean => DISK_CODES.has(codeOf(error) ?? '')
