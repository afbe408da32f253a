import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { assertOid, compareOids, formatOid, parseOid, startsWith } from '../../../snmp-bridge/src/ber/oid.ts'
import { arbitraryOid } from './arbitraries.ts'

test('a printed name parses to the same name', () => {
  fc.assert(
    fc.property(arbitraryOid, (oid) => {
      expect(parseOid(formatOid(oid))).toEqual(oid)
    }),
  )
  expect(parseOid('.1.3.6')).toEqual([1, 3, 6])
})

test('text that is no name is refused with a code', () => {
  for (const text of ['', '1', '1.3.', '1.3.x', '3.1', '1.3.4294967296']) {
    expect(() => parseOid(text)).toThrow(expect.objectContaining({ code: 'SPY_SNMP_VALUE' }))
  }
})

test('names are ordered number by number, a prefix first', () => {
  expect(compareOids([1, 3, 6], [1, 3, 6])).toBe(0)
  expect(compareOids([1, 3], [1, 3, 6])).toBeLessThan(0)
  expect(compareOids([1, 3, 6], [1, 3])).toBeGreaterThan(0)
  expect(compareOids([0, 3, 6], [1, 3, 5])).toBeLessThan(0)
  expect(compareOids([1, 3, 16_384], [1, 3, 16_383])).toBeGreaterThan(0)
  expect(startsWith([1, 3, 6], [1, 3])).toBe(true)
  expect(startsWith([1, 3], [1, 3, 6])).toBe(false)
  expect(startsWith([1, 4, 6], [1, 3])).toBe(false)
  expect(startsWith([2, 3, 6], [1, 3])).toBe(false)
  expect(startsWith([1, 3], [1, 3])).toBe(true)
  expect(startsWith([1, 3], [])).toBe(true)
})

test('a name that is refused is shown by its first 80 characters', () => {
  const long = [3, ...Array.from({ length: 100 }, () => 7)]
  expect(() => assertOid(long)).toThrow(expect.objectContaining({ message: expect.stringContaining(`${formatOid(long).slice(0, 80)} `) }))
})
