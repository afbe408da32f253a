import { expect, test } from 'vitest'
import { digestOf } from '../../../agent/src/sql/digest.ts'

test('a digest is 16 hexadecimal digits, the same in every version: stored rows are found by it', () => {
  expect(digestOf('SELECT ?')).toBe('89f91932f73b2df6')
  expect(digestOf('')).toMatch(/^[\da-f]{16}$/)
})

test.each([
  ['SELECT a,b FROM t', 'select  a , b\nfrom T'],
  ['a = ?', 'a=?'],
  ['IN (?)', 'in(?)'],
  ['f(x)', 'F (X)'],
])('%s and %s are one', (one, other) => {
  expect(digestOf(one)).toBe(digestOf(other))
})

test.each([
  ['SELECT "a" FROM t', 'SELECT "A" FROM t'],
  ['SELECT "a b" FROM t', 'SELECT "ab" FROM t'],
  ['SELECT `a` FROM t', 'SELECT `A` FROM t'],
  ['SELECT a b', 'SELECT ab'],
  ['a b?', 'ab?'],
  ['a = ?', 'a <> ?'],
  ['"a" b', '"a" B c'],
])('%s and %s are two', (one, other) => {
  expect(digestOf(one)).not.toBe(digestOf(other))
})

test('after a quoted name words are compared without their case again', () => {
  expect(digestOf('"Q" FROM T')).toBe(digestOf('"Q" from t'))
})

test('many alike texts have different digests', () => {
  const digests = new Set(Array.from({ length: 100_000 }, (_, n) => digestOf(`SELECT column_${n} FROM t`)))
  expect(digests.size).toBe(100_000)
})
