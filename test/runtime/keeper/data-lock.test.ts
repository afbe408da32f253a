import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holderOf, lockDataFolder } from '../../../runtime/src/keeper/data-lock.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a data folder that a living process holds is refused, with its pid', () => {
  const folder = tempFolder()
  const unlock = lockDataFolder(folder, folder)
  expect(() => lockDataFolder(folder, folder)).toThrow(
    expect.objectContaining({ code: 'SPY_DATA_IN_USE', message: expect.stringContaining(String(process.pid)) }),
  )
  expect(holderOf(folder)).toBe(process.pid)
  unlock()
  expect(holderOf(folder)).toBeUndefined()
  expect(() => lockDataFolder(folder, folder)()).not.toThrow()
})

test.for([
  ['a dead process', JSON.stringify({ pid: 999_999_999, began: '1' })],
  ['a pid that belongs to another process by now', JSON.stringify({ pid: process.pid, began: '1' })],
  ['a half-written file', '{"pid"'],
])('a lock left by %s does not hold', ([, content]) => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'lock'), content!)
  expect(() => lockDataFolder(folder, folder)()).not.toThrow()
})
