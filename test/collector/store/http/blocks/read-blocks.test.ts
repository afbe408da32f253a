import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClickhouseError } from '../../../../../collector/src/store/clickhouse-error.ts'
import { cityHash128 } from '../../../../../collector/src/store/http/blocks/city-hash.ts'
import { compressedBlock } from '../../../../../collector/src/store/http/blocks/compressed-blocks.ts'
import { readBlocks } from '../../../../../collector/src/store/http/blocks/read-blocks.ts'

const LIMIT = 1000

/** By the format's description alone. */
function block(method: number, data: Uint8Array, size: number): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt8(method)
  head.writeUInt32LE(9 + data.length, 1)
  head.writeUInt32LE(size, 5)
  const hashed = Buffer.concat([head, data])
  return Buffer.concat([cityHash128(hashed), hashed])
}

const numberOf = (bytes: Buffer): number => {
  try {
    readBlocks(bytes, LIMIT)
    return 0
  } catch (error) {
    return error instanceof ClickhouseError ? error.number : -1
  }
}

test('what the writer writes is read, block by block, whatever repeats in it', () => {
  const piece = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(Buffer.alloc(600, 'ab'), Buffer.from('SELECT ')))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const blocks = Buffer.concat(pieces.map((each) => compressedBlock(each)))
      expect(readBlocks(blocks, 10_000).equals(Buffer.concat(pieces))).toBe(true)
    }),
  )
})

test('blocks of LZ4, of ZSTD and without compression are one text', () => {
  const [select, from] = [Buffer.from('SELECT name '), Buffer.from('FROM system.tables')]
  const bytes = Buffer.concat([
    block(0x02, select, 12),
    block(0x90, zstdCompressSync(from), 18),
    Buffer.from(compressedBlock(Buffer.from(';'))),
  ])
  expect(readBlocks(bytes, LIMIT).toString()).toBe('SELECT name FROM system.tables;')
  expect(readBlocks(Buffer.alloc(0), LIMIT).length).toBe(0)
})

test('a match may reach into what it writes itself', () => {
  expect(readBlocks(block(0x82, Buffer.from([0x1f, 0x61, 1, 0, 5, 0x10, 0x62]), 26), LIMIT).toString()).toBe(`${'a'.repeat(25)}b`)
})

test.each([
  ['plain text', Buffer.from('SELECT 1')],
  ['a block that ends early', block(0x02, Buffer.from('SELECT 1'), 8).subarray(0, -1)],
  ['a head that ends early', block(0x02, Buffer.from('SELECT 1'), 8).subarray(0, 20)],
  ['another checksum', Buffer.concat([Buffer.alloc(16), block(0x02, Buffer.from('SELECT 1'), 8).subarray(16)])],
  ['an unknown method', block(0x91, Buffer.from('SELECT 1'), 8)],
  ['another size', block(0x02, Buffer.from('SELECT 1'), 9)],
  ['ZSTD of a larger size', block(0x90, zstdCompressSync(Buffer.alloc(900)), 10)],
  ['ZSTD that is none', block(0x90, Buffer.from('SELECT 1'), 8)],
  ['LZ4 from before the block', block(0x82, Buffer.from([0x10, 0x61, 2, 0]), 5)],
  ['LZ4 of the place where it stands', block(0x82, Buffer.from([0x10, 0x61, 0, 0]), 5)],
  ['LZ4 that ends in a match', block(0x82, Buffer.from([0x10, 0x61, 1]), 5)],
  ['LZ4 of a larger size', block(0x82, Buffer.from([0x1f, 0x61, 1, 0, 200]), 30)],
  ['LZ4 of more literals than there are', block(0x82, Buffer.from([0xf0, 255, 255, 0x61]), 600)],
  ['a length of 0', Buffer.alloc(40)],
])('%s is refused as damaged', (_what, bytes) => expect(numberOf(bytes)).toBe(117))

test('what would be too long is refused before it is decompressed', () => {
  expect(numberOf(block(0x82, Buffer.from([0x10, 0x61]), 0xffff_ffff))).toBe(218)
  expect(numberOf(Buffer.concat([block(0x02, Buffer.alloc(600), 600), block(0x02, Buffer.alloc(600), 600)]))).toBe(218)
})

test('garbage is refused with a code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(100), fc.constantFrom(0x02, 0x82, 0x90), (data, size, method) => {
      expect([0, 117]).toContain(numberOf(block(method, data, size)))
      if (data.length > 0) expect(numberOf(Buffer.from(data))).toBe(117)
    }),
  )
})
