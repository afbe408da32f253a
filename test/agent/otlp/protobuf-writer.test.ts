import fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
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
