/** A file system of a few megabytes, in memory, which a test can fill. Needs root. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

export const canMount = process.platform === 'linux' && process.getuid?.() === 0

export interface SmallDisk {
  readonly folder: string
  /** Takes all bytes that are left. */
  fill(): void
  /** Takes all names that are left. */
  fillInodes(): void
  /** Returns what was taken. */
  free(): void
  setReadOnly(isReadOnly: boolean): void
  unmount(): void
}

export interface SmallDiskOptions {
  readonly sizeMiB: number
  readonly inodes?: number
}

/** Mounts it over `folder`, which is made if it is missing. */
export function mountSmallDisk(folder: string, { sizeMiB, inodes = 100_000 }: SmallDiskOptions): SmallDisk {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,nr_inodes=${inodes}`, 'tmpfs', folder])
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      mkdirSync(filler, { recursive: true })
      for (let n = readdirSync(filler).length; statfsSync(folder).bfree > 0; n++) writeAll(join(filler, `bytes-${n}`), statfsSync(folder))
    },
    fillInodes() {
      mkdirSync(filler, { recursive: true })
      while (statfsSync(folder).ffree > 0) writeFileSync(join(filler, `name-${statfsSync(folder).ffree}`), '')
    },
    free: () => rmSync(filler, { recursive: true, force: true }),
    setReadOnly: (isReadOnly) => void execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, folder]),
    unmount: () => void execFileSync('umount', ['-l', folder]),
  }
}

function writeAll(path: string, { bfree, bsize }: { bfree: number; bsize: number }): void {
  try {
    writeFileSync(path, Buffer.alloc(bfree * bsize))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
