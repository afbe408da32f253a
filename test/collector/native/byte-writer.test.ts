import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../../collector/src/native/byte-writer.ts'
import { ProtoReader } from '../../../collector/src/decode/proto-reader.ts'

const readerOf = (write: (out: ByteWriter) => void): ProtoReader => {
  const out = new ByteWriter(1)
  write(out)
  return new ProtoReader(Buffer.from(out.bytes.subarray(0, out.length)))
}

test('varints, whole numbers, doubles and texts come back as they went in', () => {
  fc.assert(
    fc.property(fc.nat(), fc.maxSafeNat(), fc.double({ noNaN: true }), fc.string({ unit: 'grapheme' }), (small, whole, double, text) => {
      const reader = readerOf((out) => {
        out.varint(small)
        out.whole(whole)
        out.f64(double)
        out.text(text)
      })
      const limit = reader.buf.length
      expect(reader.varint()).toBe(small)
      expect(reader.unsigned64(limit)).toBe(whole)
      expect(reader.double(limit)).toBe(double)
      expect(reader.text(reader.fieldEnd(limit))).toBe(text)
      reader.close(limit)
    }),
  )
})

test('bytes become lower-case hexadecimal digits', () => {
  const reader = readerOf((out) => out.hex(Buffer.from('00ffA9', 'hex'), 0, 3))
  expect(reader.text(reader.fieldEnd(reader.buf.length))).toBe('00ffa9')
})

test('zigzag and negative 64-bit integers are read', () => {
  expect(new ProtoReader(Buffer.of(5)).sint32()).toBe(-3)
  expect(new ProtoReader(Buffer.of(4)).sint32()).toBe(2)
  expect(new ProtoReader(Buffer.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1)).int64()).toBe('-1')
})

test('a varint without end, a length beyond its message and an unknown wire type are malformed', () => {
  const malformed = { code: 'SPY_OTLP_MALFORMED' }
  expect(() => new ProtoReader(Buffer.alloc(20, 255)).varint()).toThrow(expect.objectContaining(malformed))
  expect(() => new ProtoReader(Buffer.alloc(3, 255)).int64()).toThrow(expect.objectContaining(malformed))
  expect(() => new ProtoReader(Buffer.of(5, 1)).fieldEnd(2)).toThrow(expect.objectContaining(malformed))
  expect(() => new ProtoReader(Buffer.of(1)).skip(11, 1)).toThrow(expect.objectContaining(malformed))
})
