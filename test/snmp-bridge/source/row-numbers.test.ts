import { readFileSync, statSync, writeFileSync } from 'node:fs'
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
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ instance: ['a'] })
})

test('a file that cannot be read stops the start with its path', () => {
  const file = join(tempFolder(), 'rows.json')
  for (const content of ['{"instance":', '{"instance":[1]}', '{"instance":"a"}']) {
    writeFileSync(file, content)
    expect(() => openRowNumbers(file)).toThrow(expect.objectContaining({ code: 'SPY_SNMP_STATE' }))
  }
})
