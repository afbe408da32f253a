import { randomBytes } from 'node:crypto'
import { array, assert, property, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'
import { ChunkJoiner } from '../../../collector/src/receive/chunk-joiner.ts'

test('chunks of any sizes become the body that they were, one body after the other', () => {
  const joiner = new ChunkJoiner()
  assert(
    property(array(uint8Array({ maxLength: 300 }), { maxLength: 6 }), (parts) => {
      const chunks = parts.map((part) => Buffer.from(part))
      expect(joiner.join(chunks).equals(Buffer.concat(chunks))).toBe(true)
    }),
  )
})

test('a body of several chunks takes the memory of the one before; what is larger than 4 MiB gets its own', () => {
  const joiner = new ChunkJoiner()
  const half = (bytes: number): Buffer[] => [randomBytes(bytes / 2), randomBytes(bytes / 2)]
  const first = joiner.join(half(1000))
  expect(joiner.join(half(500)).buffer).toBe(first.buffer)
  const [large, kept] = [half(5_000_000), first.buffer]
  expect(joiner.join(large).equals(Buffer.concat(large))).toBe(true)
  expect(joiner.join(half(1000)).buffer).toBe(kept)
})
