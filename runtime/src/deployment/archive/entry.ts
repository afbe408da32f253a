/** One entry of an archive, whatever its format. */
export interface ArchiveEntry {
  /** As the archive has it. */
  readonly path: string
  readonly type: 'file' | 'folder' | 'link' | 'hard link' | 'encrypted' | 'other'
  /** Of a link: where it leads. */
  readonly target?: string | undefined
  readonly isExecutable: boolean
  /** In bytes, as the archive says. Default: 0. */
  readonly size?: number
  /** Of a file. It is read before the next entry is asked for. */
  readonly content?: AsyncIterable<Uint8Array> | undefined
}

export interface ArchiveLimits {
  /** Files, folders and links together, with the folders that are only in the paths of others. */
  readonly maxEntries: number
  /** Of all files together, unpacked. */
  readonly maxBytes: number
  /** Unpacked bytes for each byte of the archive; judged once more than {@link MIN_JUDGED_BYTES} are unpacked. */
  readonly maxRatio: number
}

/** A small archive of text may well be 100 times smaller than what is in it, and harms nobody. */
export const MIN_JUDGED_BYTES = 16 * 1024 * 1024

export const defaultLimits: ArchiveLimits = { maxEntries: 100_000, maxBytes: 2 ** 31, maxRatio: 200 }
