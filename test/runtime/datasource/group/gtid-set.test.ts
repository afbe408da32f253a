import fc from 'fast-check'
import { expect, test } from 'vitest'
import { containsGtids, type GtidSet, gtidSetOf } from '../../../../runtime/src/datasource/group/gtid-set.ts'

const UUIDS = ['3e11fa47-71ca-11e1-9e33-c80aa9429562', '4350f323-7565-11e5-8a6f-0242ac110002', '3e11fa47-71ca-11e1-9e33-c80aa9429562:tag_1']
const SERVERS = ['0-1', '0-2', '7-1']

const read = (text: string): GtidSet => gtidSetOf(text) ?? expect.fail(text)
const contains = (whole: string, part: string): boolean => containsGtids(read(whole), read(part))

/** Transactions, each by itself: what MySQL may write as ranges in any order, whole or cut, that overlap or not. */
const mysql = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...UUIDS), fc.integer({ min: 1, max: 12 })), { maxLength: 20, selector: String })
  .chain((all) =>
    fc.shuffledSubarray(all, { minLength: all.length }).map((mixed) => ({
      all: new Set(all.map(String)),
      text: [...mixed.map(([who, n]) => `${who}:${n}`), ...rangesIn(all)].join(',\n'),
    })),
  )

function rangesIn(all: readonly (readonly [string, number])[]): readonly string[] {
  const has = new Set(all.map(String))
  return all.filter(([who, n]) => has.has(`${who},${n + 1}`)).map(([who, n]) => `${who.toUpperCase()}:${n}-${n + 1}`)
}

const mariaDb = fc.dictionary(fc.constantFrom(...SERVERS), fc.integer({ min: 1, max: 5 })).map((numbers) => ({
  numbers,
  text: Object.entries(numbers)
    .map(([who, n]) => `${who}-${n}`)
    .join(','),
}))

test('a set of MySQL contains another if it has each of its transactions, however they are written', () => {
  fc.assert(
    fc.property(mysql, mysql, (a, b) => {
      expect(contains(a.text, b.text)).toBe([...b.all].every((one) => a.all.has(one)))
      expect(contains([a.text, b.text].join(','), b.text)).toBe(true)
      if (contains(a.text, b.text) && contains(b.text, a.text)) expect(read(a.text).size).toBe(read(b.text).size)
    }),
  )
})

test('a set of MariaDB contains another if it has come as far with each server in each domain', () => {
  fc.assert(
    fc.property(mariaDb, mariaDb, (a, b) => {
      const expected = Object.entries(b.numbers).every(([who, n]) => (a.numbers[who] ?? 0) >= n)
      expect(contains(a.text, b.text)).toBe(expected)
    }),
  )
})

test.for([
  ['0-1-200', '0-1-100,0-2-150', false],
  ['0-1-100,0-2-150', '0-1-100', true],
  ['0-1-7', '', true],
  ['', '0-1-7', false],
  [`${UUIDS[0]}:1-3:5:tag_1:1-9`, `${UUIDS[2]}:4`, true],
  [`${UUIDS[0]}:1-9`, `${UUIDS[2]}:4`, false],
  [`${UUIDS[0]}:1-3:4-9`, `${UUIDS[0]}:2-8`, true],
  [`${UUIDS[0]}:1-3:5-9`, `${UUIDS[0]}:2-8`, false],
  ['0-1-18446744073709551615', '0-1-18446744073709551614', true],
  ['0-1-18446744073709551614', '0-1-18446744073709551615', false],
] as const)('whether %j contains %j: %s', ([whole, part, expected]) => {
  expect(contains(whole, part)).toBe(expected)
})

test('what is no GTID is no set, and any text may be read', () => {
  for (const text of ['x', '0-1', '0-1-x', '0-1-2,x', UUIDS[0] ?? '', `${UUIDS[0]}:-1`, `${UUIDS[0]}:1-`])
    expect(gtidSetOf(text)).toBeUndefined()
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:,-]*$/)), (text) => {
      const set = gtidSetOf(text)
      if (set) expect(containsGtids(set, set)).toBe(true)
    }),
  )
})
