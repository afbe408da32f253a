import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { idEnd } from '../../../collector/src/decode/ids.ts'
import { ItemTime } from '../../../collector/src/decode/item-time.ts'
import { ProtoReader } from '../../../collector/src/decode/proto-reader.ts'

const reading = (hex: string): ProtoReader => new ProtoReader(Buffer.from(hex, 'hex'))
const malformed = (what: string) => expect.objectContaining({ code: 'SPY_OTLP_MALFORMED', message: expect.stringContaining(what) })

/** A number as protobuf's varint, by shifting a bigint. */
function varintOf(value: bigint): string {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  do {
    bytes.push(Number(rest & 127n) + (rest > 127n ? 128 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Buffer.from(bytes).toString('hex')
}

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 127n, 128n, 16_383n, 16_384n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)),
)

test('a varint of any value is read exactly, and only its bytes', () => {
  fc.assert(
    fc.property(int64, (value) => {
      const hex = varintOf(value)
      const unsigned = BigInt.asUintN(64, value)
      const each = [reading(`${hex}07`), reading(`${hex}07`), reading(`${hex}07`)] as const
      expect(each[0].int64()).toBe(String(value))
      expect(each[1].uint64()).toBe(unsigned <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(unsigned) : unsigned)
      if (unsigned <= BigInt(Number.MAX_SAFE_INTEGER)) expect(each[2].varint()).toBe(Number(unsigned))
      else each[2].varint()
      expect(each.map(({ pos }) => pos)).toEqual([hex.length / 2, hex.length / 2, hex.length / 2])
    }),
  )
})

test('a varint of eleven bytes, and one that the bytes end in, are malformed', () => {
  for (const read of ['varint', 'int64', 'uint64'] as const) {
    expect(() => reading('ff'.repeat(11))[read]()).toThrow(malformed('an unterminated varint'))
  }
  expect(reading('ffffffffffffffffff01').int64()).toBe('-1')
  expect(() => reading('ff').int64()).toThrow(malformed('an unterminated varint at byte 1'))
})

test.for([
  ['00', 0],
  ['01', -1],
  ['02', 1],
  ['03', -2],
  ['feffffff0f', 2 ** 31 - 1],
  ['ffffffff0f', -(2 ** 31)],
] as const)('zigzag %s is %i', ([hex, value]) => {
  expect(reading(hex).sint32()).toBe(value)
})

test('a length reaches to the end of its message and not a byte beyond', () => {
  expect(reading('02aabb').fieldEnd(3)).toBe(3)
  expect(() => reading('02aabb').fieldEnd(2)).toThrow(malformed('a length beyond its message at byte 1'))
  expect(() => reading('03aabb').fieldEnd(3)).toThrow(malformed('a length beyond its message'))
})

test('fields of four and eight bytes end with their message at the latest', () => {
  const hex = '0102030405060708'
  expect([reading(hex).fixed64(8), reading(hex).fixed32(4), reading(hex).fixed32(8)]).toEqual([0, 0x0403_0201, 0x0403_0201])
  const eight = reading(hex)
  eight.fixed64(8)
  const four = reading(hex)
  four.fixed32(8)
  expect([eight.pos, four.pos]).toEqual([8, 4])
  expect(() => reading(hex).fixed64(7)).toThrow(malformed('a field beyond its message'))
  expect(() => reading(hex).fixed32(3)).toThrow(malformed('a field beyond its message'))
  expect(() => reading(hex).double(7)).toThrow(malformed('a field beyond its message'))
  expect(reading('000000000000f83f').double(8)).toBe(1.5)
})

test('a fixed64 is exact: a number up to 2^53-1, a bigint beyond', () => {
  const values = [0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]
  for (const value of values) {
    const buf = Buffer.alloc(8)
    buf.writeBigUInt64LE(value)
    expect(new ProtoReader(buf).unsigned64(8)).toBe(value < 2n ** 53n ? Number(value) : value)
  }
})

test.for([
  [0, '8001', 2],
  [1, '0000000000000000', 8],
  [2, '02aabb', 3],
  [5, '00000000', 4],
] as const)('a field of wire type %i is skipped whole, and may not reach beyond its message', ([wire, hex, bytes]) => {
  const reader = reading(`${hex}00`)
  reader.skip(8 + wire, bytes)
  expect(reader.pos).toBe(bytes)
  expect(() => reading(`${hex}00`).skip(8 + wire, bytes - 1)).toThrow(malformed('beyond its message'))
})

test.for([3, 4, 6, 7])('wire type %i is malformed', (wire) => {
  expect(() => reading('00'.repeat(9)).skip(8 + wire, 9)).toThrow(malformed(`wire type ${wire} at byte 0`))
})

test('a message ends where its length said', () => {
  const reader = reading('0000')
  reader.pos = 1
  reader.close(1)
  expect(() => reader.close(2)).toThrow(malformed('a field beyond its message'))
  expect(() => reader.close(0)).toThrow(malformed('a field beyond its message'))
})

test('a fault says what and where, within the request', () => {
  const reader = reading('0000')
  reader.pos = 9
  expect(() => reader.malformed('no sense')).toThrow(malformed('no sense at byte 2'))
  expect(reader.fault).toEqual({ what: 'no sense', at: 2 })
})

test('a text has the length that it declares, and the reader stands behind it', () => {
  const reader = reading('616263')
  expect([reader.text(2), reader.pos]).toEqual(['ab', 2])
})

test('an id has its length or is absent, and one of zeros is none', () => {
  const reader = new ProtoReader(Buffer.concat([Buffer.alloc(16), Buffer.alloc(15), Buffer.of(1)]))
  expect([idEnd(reader, 0, 16, 16), idEnd(reader, 16, 32, 16), idEnd(reader, 5, 5, 16)]).toEqual([0, 32, 5])
  expect([idEnd(reader, 0, 8, 8), idEnd(reader, 24, 32, 8)]).toEqual([0, 32])
  expect(() => idEnd(reader, 0, 15, 16)).toThrow(malformed('a trace id of 15 bytes instead of 16'))
  expect(() => idEnd(reader, 0, 17, 16)).toThrow(malformed('a trace id of 17 bytes instead of 16'))
  expect(() => idEnd(reader, 1, 10, 8)).toThrow(malformed('a span id of 9 bytes instead of 8'))
})

test('the window of times holds both its ends', () => {
  const time = new ItemTime()
  const window = { from: 100, to: 200, nowMs: 150_000 }
  const isWithin = (nanos: bigint): boolean => {
    const buf = Buffer.alloc(8)
    buf.writeBigUInt64LE(nanos)
    return time.take(buf, 0) && time.isWithin(window)
  }
  expect([99_999_999_999n, 100_000_000_000n, 200_000_000_000n, 200_000_000_001n].map(isWithin)).toEqual([false, true, true, false])
})

test('a time is known when one of its words is not zero', () => {
  const time = new ItemTime()
  const buf = Buffer.alloc(24)
  buf.writeUInt32LE(1, 8)
  buf.writeUInt32LE(1, 20)
  expect([time.take(buf, 0), time.take(buf, 8), time.take(buf, 16)]).toEqual([false, true, true])
  expect([time.low, time.high, time.seconds]).toEqual([0, 1, 4.294967296])
})

test('the time of receipt is whole milliseconds in nanoseconds', () => {
  const time = new ItemTime()
  time.takeReceipt({ from: 0, to: 0, nowMs: 1_700_000_000_123 })
  expect((BigInt(time.high) << 32n) | BigInt(time.low)).toBe(1_700_000_000_123_000_000n)
  expect(time.seconds).toBe(1_700_000_000.123)
})
