import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCursor } from '../../../../runtime/src/management/subscriber/cursor-file.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'

const now = () => 10_000_000
const onDamage = () => expect.unreachable()

test('a cursor is where the last process left it; the first one begins an hour ago', () => {
  const file = join(tempFolder(), 'cursor.json')
  const first = openCursor({ file, onDamage, now })
  expect(first.position).toBe((10_000_000 - 3_600_000) * 1000)
  first.moveTo(7)
  first.save()
  expect(openCursor({ file, onDamage, now }).position).toBe(7)
})

test('it is written by itself a moment after it moved', async () => {
  const file = join(tempFolder(), 'cursor.json')
  const cursor = openCursor({ file, onDamage, now })
  cursor.moveTo(7)
  cursor.moveTo(8)
  await until(() => openCursor({ file, onDamage, now }).position === 8)
})

test('a damaged file is reported, and a folder that cannot be written costs nothing now', () => {
  const file = join(tempFolder(), 'cursor.json')
  const cursor = openCursor({ file, onDamage, now })
  cursor.moveTo(7)
  cursor.save()
  writeFileSync(file, readFileSync(file, 'utf8').replace('7', '"7"'))
  const damages: unknown[] = []
  openCursor({ file, onDamage: (damage) => damages.push(damage), now })
  expect(damages).toHaveLength(1)
  const nowhere = openCursor({ file: join(file, 'no', 'cursor.json'), onDamage: () => {}, now })
  nowhere.moveTo(3)
  nowhere.save()
  expect(nowhere.position).toBe(3)
})

test('one from the future does not withhold what comes now', () => {
  const file = join(tempFolder(), 'cursor.json')
  const cursor = openCursor({ file, onDamage, now })
  cursor.moveTo(1e300)
  cursor.save()
  expect(openCursor({ file, onDamage, now, newest: 9 }).position).toBe(9)
})
