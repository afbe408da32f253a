import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compressBlock, roomFor } from '../../../../../collector/src/store/http/blocks/lz4.ts'
import { lz4Decoded } from '../../../../support/lz4.ts'

function compressed(input: Uint8Array): Buffer {
  const output = Buffer.alloc(roomFor(input.length) + 3)
  return output.subarray(3, compressBlock(input, output, 3))
}

test('what is compressed reads as it was, whatever repeats in it', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(Buffer.alloc(600, 'ab'), Buffer.from('spyglass'), randomBytes(300)),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const input = Buffer.concat(pieces)
      expect(lz4Decoded(compressed(input), input.length).equals(input)).toBe(true)
    }),
  )
})

test('a block ends with five literals, and no match begins in its last twelve bytes', () => {
  for (let length = 0; length < 40; length++) {
    const block = compressed(Buffer.alloc(length, 'a'))
    expect(lz4Decoded(block, length).toString()).toBe('a'.repeat(length))
    if (length > 0) expect(block.subarray(-Math.min(5, length)).toString()).toBe('a'.repeat(Math.min(5, length)))
    if (length < 13) expect(block[0]! >> 4).toBe(length)
  }
})

test('text shrinks, a match is found 65,535 bytes back and not further', () => {
  const noise = randomBytes(65_519)
  const word = Buffer.from('0123456789abcdef')
  const near = Buffer.concat([word, noise, word, Buffer.alloc(16)])
  const far = Buffer.concat([word, noise, Buffer.from('x'), word, Buffer.alloc(16)])
  for (const input of [near, far]) expect(lz4Decoded(compressed(input), input.length).equals(input)).toBe(true)
  expect(compressed(Buffer.from('GET /shop/products/:id 200\n'.repeat(1000))).length).toBeLessThan(400)
  expect(compressed(randomBytes(100_000)).length).toBeLessThanOrEqual(roomFor(100_000))
})
