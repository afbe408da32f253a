import { expect, test } from 'vitest'
import { digest64 } from '../../../agent/src/sql/digest.ts'

test('a digest is 16 hexadecimal digits and stays the same for ever', () => {
  expect(digest64('SELECT ?')).toMatch(/^[\da-f]{16}$/)
  expect(digest64('SELECT ?')).toBe(digest64('SELECT ?'))
})

test('many alike texts have different digests', () => {
  const digests = new Set(Array.from({ length: 100_000 }, (_, n) => digest64(`SELECT column_${n} FROM t`)))
  expect(digests.size).toBe(100_000)
})
