import { array, assert, constantFrom, oneof, property, string } from 'fast-check'
import { redactQuery } from '@spyglass/agent/redact'
import { expect, test } from 'vitest'
import { QueryBytes } from '../../../collector/src/redact/query-bytes.ts'

const query = new QueryBytes()
const written = (text: string): string | undefined => {
  const bytes = Buffer.from(`=${text}x`)
  const length = query.write(bytes, 1, bytes.length - 1)
  return length < 0 ? undefined : query.bytes.toString('utf8', 0, length)
}

test('a query loses the same as when it is a text', () => {
  const piece = oneof(constantFrom('?', '&', '#', ';', '=', 'a', 'name', '==', 'é', '%20'), string({ unit: 'binary', maxLength: 4 }))
  assert(
    property(array(piece, { maxLength: 12 }), (pieces) => {
      const text = Buffer.from(pieces.join('')).toString() // a lone surrogate has no bytes of its own
      expect(written(text)).toBe(redactQuery(text))
    }),
    { numRuns: 20_000 },
  )
})

test('one that could be longer than there is room is left to others', () => {
  expect(written('a='.repeat(1024))).toBe(redactQuery('a='.repeat(1024)))
  expect(written('a='.repeat(1025))).toBeUndefined()
})
