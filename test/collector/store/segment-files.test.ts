import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { segmentFile, tableNamed } from '../../../collector/src/store/segment-files.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a segment file is found by name', async () => {
  const wal = tempFolder()
  mkdirSync(join(wal, 'c-1_2'))
  writeFileSync(join(wal, 'c-1_2', 'events.native'), '')
  expect(await segmentFile(wal, 'c-1_2', 'events')).toBe(join(wal, 'c-1_2', 'events.native'))
})

test.each(['', '.', '..', '../x', 'a/b', 'a\\b', 'a b', '-a', 'a\n', "a'", 'a'.repeat(129)])('the name %o is refused', async (name) => {
  await expect(segmentFile(tempFolder(), name, 'events')).rejects.toMatchObject({ number: 36 })
})

test('a missing file and a link are refused', async () => {
  const wal = tempFolder()
  mkdirSync(join(wal, 's'))
  await expect(segmentFile(wal, 's', 'events')).rejects.toMatchObject({ number: 107, status: 404 })
  symlinkSync('/etc/hostname', join(wal, 's', 'events.native'))
  await expect(segmentFile(wal, 's', 'events')).rejects.toMatchObject({ number: 107 })
})

test('only tables of the contract have a name', () => {
  expect(tableNamed('red_1m')).toBe('red_1m')
  for (const name of ['nosuch', 'constructor', '__proto__']) expect(() => tableNamed(name)).toThrow(expect.objectContaining({ number: 60 }))
})
