import fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, test, vi } from 'vitest'
import { ProtobufWriter } from '@spyglass/agent/otlp'

const { Reader } = protobuf

test('numbers of every form are read as they were written', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer(), fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n }), (unsigned, signed, big) => {
      const writer = new ProtobufWriter()
      writer.uint(1, unsigned)
      writer.sint32(2, signed)
      writer.int64(3, big)
      writer.fixed64(4, BigInt(unsigned))
      const reader = Reader.create(writer.take())
      const field = (): number => reader.uint32() >>> 3
      expect([field(), Number(reader.uint64())]).toEqual([1, unsigned])
      expect([field(), reader.sint32()]).toEqual([2, signed])
      expect([field(), Number(reader.int64())]).toEqual([3, Number(big)])
      expect([field(), Number(reader.fixed64())]).toEqual([4, unsigned])
    }),
  )
})

test('a nested message of any length has its length before it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), (size) => {
      const writer = new ProtobufWriter()
      const outer = writer.begin(1)
      const inner = writer.begin(2)
      writer.bytes(3, Buffer.alloc(size, 7))
      writer.end(inner)
      writer.end(outer)
      writer.string(4, 'after')
      const reader = Reader.create(writer.take())
      const skipTag = (): unknown => reader.uint32()
      skipTag()
      const outerEnd = reader.uint32() + reader.pos
      skipTag()
      const innerEnd = reader.uint32() + reader.pos
      expect(innerEnd).toBe(outerEnd)
      skipTag()
      expect(reader.bytes().length).toBe(size)
      expect(reader.pos).toBe(outerEnd)
      skipTag()
      expect(reader.string()).toBe('after')
    }),
    { numRuns: 60 },
  )
})

test('a writer is empty after its bytes were taken', () => {
  const writer = new ProtobufWriter()
  writer.bool(1, true)
  expect(writer.take().length).toBe(2)
  expect(writer.length).toBe(0)
})

test('an int64 of any size is written in two’s complement', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const writer = new ProtobufWriter()
      writer.int64(1, value)
      let read = 0n
      for (const [at, byte] of [...writer.take().subarray(1)].entries()) read |= BigInt(byte & 0x7f) << BigInt(at * 7)
      expect(BigInt.asIntN(64, read)).toBe(value)
    }),
  )
})

const hexOf = (write: (writer: ProtobufWriter) => void): string => {
  const writer = new ProtobufWriter()
  write(writer)
  return writer.take().toString('hex')
}

/** Protocol Buffers, "Encoding": tag = field << 3 | wire type. */
const exact: readonly (readonly [string, (writer: ProtobufWriter) => void, string])[] = [
  ['uint 0', (w) => w.uint(1, 0), '0800'],
  ['uint 127', (w) => w.uint(1, 127), '087f'],
  ['uint 128', (w) => w.uint(1, 128), '088001'],
  ['uint 300', (w) => w.uint(1, 300), '08ac02'],
  ['uint 16383', (w) => w.uint(1, 16_383), '08ff7f'],
  ['uint 16384', (w) => w.uint(1, 16_384), '08808001'],
  ['uint 2^53-1', (w) => w.uint(1, 2 ** 53 - 1), '08ffffffffffffff0f'],
  ['field 15', (w) => w.uint(15, 1), '7801'],
  ['field 16', (w) => w.uint(16, 1), '800101'],
  ['bool false', (w) => w.bool(2, false), '1000'],
  ['bool true', (w) => w.bool(2, true), '1001'],
  ['int64 0', (w) => w.int64(1, 0), '0800'],
  ['int64 1 as bigint', (w) => w.int64(1, 1n), '0801'],
  ['int64 127 as bigint', (w) => w.int64(1, 127n), '087f'],
  ['int64 128 as bigint', (w) => w.int64(1, 128n), '088001'],
  ['int64 -1', (w) => w.int64(1, -1), '08ffffffffffffffffff01'],
  ['int64 -1 as bigint', (w) => w.int64(1, -1n), '08ffffffffffffffffff01'],
  ['sint32 0', (w) => w.sint32(1, 0), '0800'],
  ['sint32 -1', (w) => w.sint32(1, -1), '0801'],
  ['sint32 1', (w) => w.sint32(1, 1), '0802'],
  ['sint32 2^31-1', (w) => w.sint32(1, 2 ** 31 - 1), '08feffffff0f'],
  ['sint32 -2^31', (w) => w.sint32(1, -(2 ** 31)), '08ffffffff0f'],
  ['fixed32', (w) => w.fixed32(1, 0x0102_0304), '0d04030201'],
  ['fixed32 -1', (w) => w.fixed32(1, -1), '0dffffffff'],
  ['fixed64', (w) => w.fixed64(1, 0x0102_0304_0506_0708n), '090807060504030201'],
  ['fixed64 -1', (w) => w.fixed64(1, -1n), '09ffffffffffffffff'],
  ['double 1.5', (w) => w.double(1, 1.5), '09000000000000f83f'],
  ['string', (w) => w.string(1, 'é'), '0a02c3a9'],
  ['bytes', (w) => w.bytes(1, Buffer.of(1, 2)), '0a020102'],
  ['hex', (w) => w.hex(1, 'abcd'), '0a02abcd'],
  ['hex with half a byte', (w) => w.hex(1, 'abc'), '0a01ab'],
  ['packed', (w) => w.packedUints(1, [1, 128, 0]), '0a0401800100'],
  ['a long string', (w) => w.string(1, 'a'.repeat(40)), `0a28${'61'.repeat(40)}`],
  ['long bytes', (w) => w.bytes(1, Buffer.alloc(40, 1)), `0a28${'01'.repeat(40)}`],
  ['a long hex', (w) => w.hex(1, 'ab'.repeat(40)), `0a28${'ab'.repeat(40)}`],
  ['a double of the largest field', (w) => w.double(536_870_911, 1.5), 'f9ffffff0f000000000000f83f'],
  ['a fixed64 of the largest field', (w) => w.fixed64(536_870_911, 1n), 'f9ffffff0f0100000000000000'],
  ['raw', (w) => w.raw(Buffer.of(9, 8)), '0908'],
]

test.for(exact)('%s', ([, write, bytes]) => {
  expect(hexOf(write)).toBe(bytes)
})

test('whatever is written at any fill of the buffer is written whole', () => {
  for (let filled = 990; filled <= 1030; filled++) {
    for (const [, write, bytes] of exact) {
      const filler = Buffer.alloc(filled, 7)
      expect(
        hexOf((writer) => {
          writer.raw(filler)
          write(writer)
        }),
      ).toBe(filler.toString('hex') + bytes)
    }
  }
})

test.for([0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
  'a nested message of %i bytes has the shortest length before it',
  (size) => {
    const content = Buffer.alloc(size, 7)
    const written = hexOf((writer) => {
      const start = writer.begin(1)
      writer.raw(content)
      writer.end(start)
      expect(writer.length).toBe(1 + lengthOf(size).length + size)
    })
    expect(written === '0a' + Buffer.from(lengthOf(size)).toString('hex') + content.toString('hex')).toBe(true)
  },
)

/** A number as protobuf's varint, by shifting a bigint. */
function lengthOf(value: number): number[] {
  const bytes: number[] = []
  let rest = BigInt(value)
  do {
    bytes.push(Number(rest & 127n) + (rest > 127n ? 128 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return bytes
}

test('a megabyte in small pieces is moved to a larger buffer at most eleven times', () => {
  const allocate = vi.spyOn(Buffer, 'allocUnsafe')
  try {
    const writer = new ProtobufWriter()
    for (let i = 0; i < 1024; i++) writer.raw(Buffer.alloc(1000))
    expect(allocate.mock.calls.length).toBeLessThanOrEqual(12)
    expect(writer.length).toBe(1_024_000)
  } finally {
    allocate.mockRestore()
  }
})
