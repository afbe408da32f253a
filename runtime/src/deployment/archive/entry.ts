import type { Readable } from 'node:stream'

/** One entry of an archive, whatever its format. */
export interface ArchiveEntry {
  /** As the archive has it. */
  readonly path: string
  readonly type: 'file' | 'folder' | 'link' | 'hard link' | 'other'
  /** Of a link: where it leads. */
  readonly target?: string | undefined
  readonly isExecutable: boolean
  /** Of a file. It is read before the next entry is asked for. */
  readonly content?: Readable | undefined
}

export interface ArchiveLimits {
  readonly maxEntries: number
  /** Of all files together, unpacked. */
  readonly maxBytes: number
}

export const defaultLimits: ArchiveLimits = { maxEntries: 200_000, maxBytes: 2 ** 31 }
