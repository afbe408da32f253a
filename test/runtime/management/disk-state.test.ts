import { expect, test } from 'vitest'
import { type DiskProbe, diskState } from '../../../runtime/src/management/disk-state.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const healthy = { bavail: 1000, bsize: 4096, files: 1000, ffree: 500 }
const state = (probe: Partial<DiskProbe>) => diskState('/data', { statfs: () => healthy, isReadOnly: () => false, ...probe })()
const throws = (code: string) => () => {
  throw Object.assign(new Error(code), { code })
}

test('a disk with space says nothing', () => {
  expect(state({})).toEqual([])
  expect(diskState(tempFolder())()).toEqual([])
})

test.for([
  ['full', { statfs: () => ({ ...healthy, bavail: 3 }) }, 'the disk of /data is full (12 KiB free)'],
  ['out of inodes', { statfs: () => ({ ...healthy, ffree: 0 }) }, 'the disk of /data has no free inodes (0 left)'],
  ['read-only', { isReadOnly: () => true }, 'the disk of /data is read-only'],
  ['gone', { statfs: throws('ENOENT') }, 'cannot use the data folder /data: ENOENT'],
] as const)('one that is %s is named', ([, probe, reason]) => {
  expect(state(probe)).toEqual([reason])
})

test('a file system that does not count its inodes has enough of them', () => {
  expect(state({ statfs: () => ({ ...healthy, files: 0, ffree: 0 }) })).toEqual([])
})
