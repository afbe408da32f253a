/** Disks that a test makes fail. They need root, as in CI. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountSmallDisk } from './small-disk.ts'

export interface FailingDisk extends Disposable {
  readonly folder: string
  /** Makes it so that nothing can be written. */
  strike(): void
  /** Undoes that. */
  repair(): void
}

/** A disk in memory that is struck by being filled to the last byte. */
export function fullDisk(sizeMiB: number): FailingDisk {
  const disk = mountSmallDisk(newFolder(), { sizeMiB })
  return { folder: disk.folder, strike: () => disk.fill(), repair: () => disk.free(), [Symbol.dispose]: () => disk.unmount() }
}

/** One that is struck by taking its last inode. */
export function outOfInodes(sizeMiB: number, inodes: number): FailingDisk {
  const disk = mountSmallDisk(newFolder(), { sizeMiB, inodes })
  return { folder: disk.folder, strike: () => disk.fillInodes(), repair: () => disk.free(), [Symbol.dispose]: () => disk.unmount() }
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'spyglass-disk-'))

/**
 * An ext4 in a file, struck by an error of the file system, which turns it read-only for files that are open as well. It is repaired as an
 * administrator does: unmounted, checked, mounted; nobody may use it meanwhile.
 */
export function ext4Disk(megabytes: number): FailingDisk {
  const folder = newFolder()
  const image = `${folder}.img`
  execFileSync('truncate', ['-s', `${megabytes}M`, image])
  execFileSync('mkfs.ext4', ['-q', '-m', '0', image])
  const mount = (): void => void execFileSync('mount', ['-o', 'loop,errors=remount-ro', image, folder])
  mount()
  const device = execFileSync('findmnt', ['-no', 'SOURCE', folder], { encoding: 'utf8' }).trim()
  return {
    folder,
    strike: () => writeFileSync(`/sys/fs/ext4/${device.replace('/dev/', '')}/trigger_fs_error`, 'test'),
    repair() {
      execFileSync('umount', [folder])
      spawnSync('e2fsck', ['-fy', image]) // its exit code says that it found something
      mount()
    },
    [Symbol.dispose]() {
      unmount(folder)
      rmSync(image)
    },
  }
}

function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true, force: true })
}

/** What is left on it: for messages of failed tests. */
export function usage(folder: string): string {
  const { bavail, bsize, ffree } = statfsSync(folder)
  return `${(bavail * bsize) / 1024} KiB and ${ffree} inodes free in ${folder}: ${readdirSync(folder).join(' ')}`
}
