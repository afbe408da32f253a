import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { isReadOnly } from '@spyglass/process/durable-file'
import { expect, onTestFinished, test } from 'vitest'
import { ext4Disk } from '../../../support/failing-disk.ts'
import { canMount, mountSmallDisk } from '../../../support/small-disk.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

test('a folder that can be written, one that is missing, and one whose mode forbids it are not on a read-only disk', () => {
  const folder = tempFolder()
  chmodSync(folder, 0o500)
  onTestFinished(() => chmodSync(folder, 0o700))
  expect([isReadOnly(folder), isReadOnly(tempFolder()), isReadOnly(join(folder, 'none'))]).toEqual([false, false, false])
})

test.runIf(canMount)('a disk that is mounted read-only is', () => {
  const folder = tempFolder()
  const disk = mountSmallDisk(folder, { sizeMiB: 1 })
  onTestFinished(() => disk.unmount())
  expect(isReadOnly(folder)).toBe(false)
  disk.fill()
  expect(isReadOnly(folder)).toBe(false)
  disk.setReadOnly(true)
  expect(isReadOnly(folder)).toBe(true)
})

test.runIf(canMount)('and so is one that met an error, whatever its flags say', () => {
  using disk = ext4Disk(16)
  expect(isReadOnly(disk.folder)).toBe(false)
  disk.strike()
  expect(isReadOnly(disk.folder)).toBe(true)
})
