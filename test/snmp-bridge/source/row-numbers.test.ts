import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openRowNumbers } from '../../../snmp-bridge/src/source/row-numbers.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a name keeps its number over restarts, and a number is never given twice', () => {
  const file = join(tempFolder(), 'rows.json')
  const first = openRowNumbers(file)
  expect(['a', 'b', 'a'].map((name) => first.numberOf('datasource/1', name))).toEqual([1, 2, 1])
  expect(first.numberOf('datasource/2', 'b')).toBe(1)
  first.save()
  const second = openRowNumbers(file)
  expect(second.numberOf('datasource/1', 'c')).toBe(3)
  expect(second.numberOf('datasource/1', 'b')).toBe(2)
})

test('names that JavaScript objects know by themselves are names as any other', () => {
  const file = join(tempFolder(), 'rows.json')
  const numbers = openRowNumbers(file)
  expect(['__proto__', 'constructor', '7', '2'].map((name) => numbers.numberOf('instance', name))).toEqual([1, 2, 3, 4])
  numbers.save()
  expect(openRowNumbers(file).numberOf('instance', '2')).toBe(4)
})

test('nothing is written while nothing is new', () => {
  const file = join(tempFolder(), 'rows.json')
  const numbers = openRowNumbers(file)
  numbers.numberOf('instance', 'a')
  numbers.save()
  const before = statSync(file).ino
  numbers.numberOf('instance', 'a')
  numbers.save()
  expect(statSync(file).ino).toBe(before)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ state: { instance: ['a'] } })
})

test.for(['', '{"instance":', '{"instance":[1]}', '{"instance":"a"}', '{"instance":["a","a"]}', '[]'])(
  'of a damaged file (%j) the copy before the last change keeps the numbers, and that is reported',
  (content) => {
    const file = join(tempFolder(), 'rows.json')
    const numbers = openRowNumbers(file)
    for (const name of ['b', 'a', 'late']) {
      numbers.numberOf('instance', name)
      if (name !== 'b') numbers.save()
    }
    writeFileSync(file, content)
    const damages: boolean[] = []
    const again = openRowNumbers(file, ({ fromPrevious }) => damages.push(fromPrevious))
    expect(['a', 'b', 'new'].map((name) => again.numberOf('instance', name))).toEqual([2, 1, 3])
    expect(damages).toEqual([true])
  },
)

test('numbers that cannot be written are forgotten, so that none is shown and none is skipped', () => {
  const file = join(tempFolder(), 'rows.json')
  const numbers = openRowNumbers(file)
  numbers.numberOf('instance', 'a')
  numbers.save()
  mkdirSync(`${file}.${process.pid}`) // in the way of the write
  numbers.numberOf('instance', 'b')
  expect(() => numbers.save()).toThrow()
  expect([numbers.savedNumberOf('instance', 'a'), numbers.savedNumberOf('instance', 'b')]).toEqual([1, undefined])
  rmSync(`${file}.${process.pid}`, { recursive: true, force: true })
  expect(numbers.numberOf('instance', 'c')).toBe(2)
  numbers.save()
  expect(openRowNumbers(file).numberOf('instance', 'c')).toBe(2)
})
