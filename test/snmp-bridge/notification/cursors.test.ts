import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCursors } from '../../../snmp-bridge/src/notification/cursors.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

const options = { onFailure: (error: unknown) => expect.unreachable(String(error)), now: () => 1_000_000 }

test('each receiver continues where it was, a new one a minute ago, and the stream where the first of them misses something', () => {
  const file = join(tempFolder(), 'cursors.json')
  const first = openCursors({ file, receivers: ['a', 'b'], ...options })
  expect([first.of('a'), first.oldest]).toEqual([940_000_000, 940_000_000])
  first.moveTo('a', 970_000_000)
  first.moveTo('b', 950_000_000)
  first.save()
  const next = openCursors({ file, receivers: ['a', 'b', 'c'], ...options })
  expect([next.of('a'), next.of('b'), next.of('c'), next.oldest]).toEqual([970_000_000, 950_000_000, 940_000_000, 940_000_000])
  expect(openCursors({ file, receivers: [], ...options }).oldest).toBeUndefined()
})

test('they are written by themselves a moment after they moved', async () => {
  const file = join(tempFolder(), 'cursors.json')
  openCursors({ file, receivers: ['a'], ...options }).moveTo('a', 5)
  await until(() => openCursors({ file, receivers: ['a'], ...options }).of('a') === 5)
})

test('a damaged file and a failing disk are reported', () => {
  const file = join(tempFolder(), 'cursors.json')
  const cursors = openCursors({ file, receivers: ['a'], ...options })
  cursors.moveTo('a', 5)
  cursors.save()
  writeFileSync(file, readFileSync(file, 'utf8').replace(':5', ':"5"'))
  const damages: unknown[] = []
  openCursors({ file, receivers: ['a'], ...options, onDamage: (damage) => damages.push(damage) })
  const failures: unknown[] = []
  const nowhere = openCursors({
    file: join(file, 'no', 'c.json'),
    receivers: ['a'],
    ...options,
    onFailure: (error) => failures.push(error),
    onDamage: () => {},
  })
  nowhere.moveTo('a', 6)
  nowhere.save()
  expect([damages.length, failures.length, nowhere.of('a')]).toEqual([1, 1, 6])
})

test('one from the future, of a clock that was wrong, does not withhold what comes now', () => {
  const file = join(tempFolder(), 'cursors.json')
  const first = openCursors({ file, receivers: ['a'], ...options })
  first.moveTo('a', 2_000_000_000)
  first.save()
  const next = openCursors({ file, receivers: ['a'], ...options })
  expect([next.of('a'), next.oldest]).toEqual([1_000_000_000, 1_000_000_000])
})
