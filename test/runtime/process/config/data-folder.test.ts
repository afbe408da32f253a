import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { ensureDataFolder } from '@spyglass/process/config'
import { tempFolder } from '../../../support/temp-folder.ts'

test('a data folder is made with its subfolders, closed to others', () => {
  const folder = ensureDataFolder(join(tempFolder(), 'data'))
  expect(statSync(folder.root).mode & 0o777).toBe(0o700)
  for (const path of [folder.store, folder.wal, folder.accessLogs, folder.state, folder.run])
    expect(statSync(path).isDirectory()).toBe(true)
})

test('a data folder that cannot be made is one clear line', () => {
  const file = join(tempFolder(), 'file')
  writeFileSync(file, '')
  expect(() => ensureDataFolder(join(file, 'data'))).toThrow(expect.objectContaining({ code: 'SPY_DATA_UNWRITABLE' }))
})

test('folders above it are made too, and what stands there already is left as it is', () => {
  const root = join(tempFolder(), 'a', 'b', 'data')
  ensureDataFolder(root)
  expect(ensureDataFolder(root).root).toBe(root)
})

test('a file system on which nothing can be created is reported with its own reason, at once', () => {
  if (process.platform !== 'linux') return
  expect(() => ensureDataFolder('/proc/none/data')).toThrow(expect.objectContaining({ code: 'SPY_DATA_UNWRITABLE' }))
})
