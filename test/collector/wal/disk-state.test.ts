import { expect, test } from 'vitest'
import { isDiskFailure, reasonOf } from '../../../collector/src/wal/disk-state.ts'
import { MemoryFiles } from '../../support/memory-files.ts'

const failure = (code: string): Error => Object.assign(new Error(`${code}: said the system`), { code })

test.each([
  ['ENOSPC', 'the disk of /wal is full (ENOSPC): free some space'],
  ['EDQUOT', 'the disk quota of /wal is exhausted (EDQUOT)'],
  ['EROFS', '/wal is on a read-only file system (EROFS)'],
  ['EACCES', 'no permission to write to /wal (EACCES)'],
  ['EIO', 'the disk of /wal reports errors (EIO)'],
])('%s is reported with its remedy, and waiting may help', async (code, words) => {
  expect(await reasonOf(failure(code), new MemoryFiles(), '/wal')).toBe(words)
  expect(isDiskFailure(failure(code))).toBe(true)
})

test('other failures are reported as they are, and end a start', async () => {
  expect(await reasonOf(failure('ELOOP'), new MemoryFiles(), '/wal')).toBe('ELOOP: said the system')
  expect([isDiskFailure(failure('ELOOP')), isDiskFailure(undefined)]).toEqual([false, false])
})
