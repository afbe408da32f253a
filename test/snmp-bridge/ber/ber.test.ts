import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { BerReader } from '../../../snmp-bridge/src/ber/reader.ts'
import { pduTag, tag } from '../../../snmp-bridge/src/ber/tags.ts'
import { BerWriter } from '../../../snmp-bridge/src/ber/writer.ts'
import { arbitraryOid, arbitraryValue } from './arbitraries.ts'

const writer = new BerWriter(0, 16_384)

test('a variable binding decodes to what was encoded', () => {
  fc.assert(
    fc.property(arbitraryOid, arbitraryValue, (oid, value) => {
      writer.reset()
      writer.varbind({ oid, value })
      const reader = new BerReader(writer.copy())
      const outer = reader.enter(tag.sequence)
      expect(reader.oid()).toEqual(oid)
      expect(reader.value()).toEqual(value)
      reader.leave(outer)
      expect(reader.atEnd).toBe(true)
    }),
  )
})

const hex = (write: () => void): string => {
  writer.reset()
  write()
  return writer.copy().toString('hex')
}
const reading = (bytes: string): BerReader => new BerReader(Buffer.from(bytes, 'hex'))
const isMalformed = (message: RegExp) => expect.objectContaining({ code: 'SPY_SNMP_MALFORMED', message: expect.stringMatching(message) })

test.for([
  [0, '020100'],
  [1, '020101'],
  [127, '02017f'],
  [128, '02020080'],
  [255, '020200ff'],
  [256, '02020100'],
  [32_767, '02027fff'],
  [32_768, '0203008000'],
  [0x7f_ffff, '02037fffff'],
  [0x80_0000, '020400800000'],
  [0x7fff_ffff, '02047fffffff'],
  [-1, '0201ff'],
  [-128, '020180'],
  [-129, '0202ff7f'],
  [-32_768, '02028000'],
  [-32_769, '0203ff7fff'],
  [-0x8000_0000, '020480000000'],
] as const)('the INTEGER %i is %s, in as few bytes as BER allows', ([value, bytes]) => {
  expect(hex(() => writer.integer(value))).toBe(bytes)
  expect(reading(bytes).integer()).toBe(value)
})

test.for([
  [0, '420100'],
  [127, '42017f'],
  [128, '42020080'],
  [255, '420200ff'],
  [256, '42020100'],
  [0x7fff_ffff, '42047fffffff'],
  [0x8000_0000, '42050080000000'],
  [0xffff_ffff, '420500ffffffff'],
] as const)('the Gauge32 %i is %s', ([value, bytes]) => {
  expect(hex(() => writer.unsigned(value, tag.gauge32))).toBe(bytes)
  expect(reading(bytes).unsigned(tag.gauge32)).toBe(value)
})

test.for([
  [0n, '460100'],
  [127n, '46017f'],
  [128n, '46020080'],
  [2n ** 32n, '46050100000000'],
  [2n ** 63n - 1n, '46087fffffffffffffff'],
  [2n ** 63n, '4609008000000000000000'],
  [2n ** 64n - 1n, '460900ffffffffffffffff'],
] as const)('the Counter64 %i is %s', ([value, bytes]) => {
  expect(hex(() => writer.counter64(value))).toBe(bytes)
  expect(reading(bytes).counter64()).toBe(value)
})

test.for([
  [[0, 0], '060100'],
  [[0, 39], '060127'],
  [[1, 0], '060128'],
  [[1, 39], '06014f'],
  [[2, 0], '060150'],
  [[2, 47], '06017f'],
  [[2, 48], '06028100'],
  [[1, 3, 127], '06022b7f'],
  [[1, 3, 128], '06032b8100'],
  [[1, 3, 16_383], '06032bff7f'],
  [[1, 3, 16_384], '06042b818000'],
  [[1, 3, 0xffff_ffff], '06062b8fffffff7f'],
  [[2, 0xffff_ffff - 80], '06058fffffff7f'],
] as const)('the OBJECT IDENTIFIER %j is %s', ([oid, bytes]) => {
  expect(hex(() => writer.oid(oid))).toBe(bytes)
  expect(reading(bytes).oid()).toEqual(oid)
})

test.for([
  [0, '0400'],
  [0x7f, '047f'],
  [0x80, '048180'],
  [0xff, '0481ff'],
  [0x100, '04820100'],
  [0xffff, '0482ffff'],
  [0x1_0000, '0483010000'],
] as const)('a length of %i is written %s and read', ([length, header]) => {
  const large = new BerWriter(0, length + 6)
  large.octets(Buffer.alloc(length, 7))
  expect(large.copy().subarray(0, -length || undefined)).toEqual(Buffer.from(header, 'hex'))
  expect(new BerReader(large.copy()).octets()).toEqual(Buffer.alloc(length, 7))
})

test('identifier octets are those of RFC 3416 §3 and RFC 2578 §7', () => {
  const address = Buffer.of(127, 0, 0, 1)
  expect(hex(() => writer.value({ type: 'integer', value: 1 }))).toBe('020101')
  expect(hex(() => writer.value({ type: 'octets', value: Buffer.of(9) }))).toBe('040109')
  expect(hex(() => writer.value({ type: 'ipAddress', value: address }))).toBe('40047f000001')
  expect(hex(() => writer.value({ type: 'counter32', value: 1 }))).toBe('410101')
  expect(hex(() => writer.value({ type: 'gauge32', value: 1 }))).toBe('420101')
  expect(hex(() => writer.value({ type: 'timeTicks', value: 1 }))).toBe('430101')
  expect(hex(() => writer.value({ type: 'opaque', value: Buffer.of(9) }))).toBe('440109')
  expect(hex(() => writer.value({ type: 'counter64', value: 1n }))).toBe('460101')
  const empty = { null: '0500', noSuchObject: '8000', noSuchInstance: '8100', endOfMibView: '8200' } as const
  for (const [type, bytes] of Object.entries(empty)) {
    expect(hex(() => writer.value({ type: type as keyof typeof empty }))).toBe(bytes)
    expect(reading(bytes).value()).toEqual({ type })
  }
  expect(hex(() => writer.varbind({ oid: [1, 3, 6], value: { type: 'null' } }))).toBe('300606022b060500')
  const pdus = { get: 0xa0, getNext: 0xa1, response: 0xa2, set: 0xa3, getBulk: 0xa5, inform: 0xa6, trap: 0xa7, report: 0xa8 }
  expect(pduTag).toEqual(pdus)
})

test('the long form of a length is read with up to four bytes, also padded', () => {
  for (const bytes of ['048101aa', '04820001aa', '0483000001aa', '048400000001aa']) expect(reading(bytes).octets()).toEqual(Buffer.of(0xaa))
})

test('an unsigned number of five bytes is one whose first is zero', () => {
  expect(reading('420500ffffffff').unsigned(tag.gauge32)).toBe(0xffff_ffff)
  expect(reading('42050000000001').unsigned(tag.gauge32)).toBe(1)
  expect(() => reading('42050100000000').unsigned(tag.gauge32)).toThrow(isMalformed(/an unsigned number of 5 bytes/))
})

test('nothing after the current element is touched, although the packet continues', () => {
  const inner = (bytes: string): BerReader => {
    const reader = reading(bytes)
    reader.enter(tag.sequence)
    return reader
  }
  expect(inner('3000020101').atEnd).toBe(true)
  expect(() => inner('3000020101').peek()).toThrow(isMalformed(/truncated inside an element/))
  expect(() => inner('3001020101').integer()).toThrow(isMalformed(/truncated inside an element/))
  expect(() => inner('300204820001aa').octets()).toThrow(isMalformed(/truncated inside an element/))
  expect(() => inner('30030202010203').integer()).toThrow(isMalformed(/longer than its parent/))
  expect(() => reading('06022b8101').oid()).toThrow(isMalformed(/truncated inside a number/))
})

test('what is malformed is said', () => {
  expect(() => reading('1e0101').integer()).toThrow(isMalformed(/tag 0x1e instead of 0x2/))
  expect(() => reading('1e0101').value()).toThrow(isMalformed(/an unknown type 0x1e/))
})

test('a reader of a part of a packet stays in it', () => {
  const reader = new BerReader(Buffer.from('ff020105ff', 'hex'), 1, 4)
  expect(reader.integer()).toBe(5)
  expect(reader.atEnd).toBe(true)
})

test('garbage gives SPY_SNMP_MALFORMED or a value, and never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(outcome(() => new BerReader(Buffer.from(bytes)).value())).toMatch(/^(value|SPY_SNMP_MALFORMED)$/)
    }),
    { numRuns: 2000 },
  )
})

function outcome(read: () => unknown): string | undefined {
  try {
    read()
    return 'value'
  } catch (error) {
    return codeOf(error)
  }
}

const malformed: Record<string, string> = {
  'an indefinite length': '0480',
  'a length of five bytes': '04850000000001aa',
  'a length beyond the packet': '0405aa',
  'a huge length': '0484ffffffff',
  'an empty INTEGER': '0200',
  'an empty Gauge32': '4200',
  'an empty Counter64': '4600',
  'a Gauge32 of five bytes that is over 2^32-1': '42050100000000',
  'a Gauge32 of six bytes': '4206000000000001',
  'a Counter64 of nine bytes that is over 2^64-1': '4609010000000000000000',
  'a negative Counter64': '46088000000000000000',
  'an IpAddress of five bytes': '40057f00000101',
  'an INTEGER of five bytes': '02050000000001',
  'a negative Gauge32': '4201ff',
  'a Counter64 of ten bytes': '460a00000000000000000000',
  'an IpAddress of three bytes': '40037f0001',
  'an empty OBJECT IDENTIFIER': '0600',
  'a padded OBJECT IDENTIFIER': '06032b8001',
  'an OBJECT IDENTIFIER truncated inside a number': '06022b81',
  'a number over 2^32-1': '06062b9080808000',
  'NULL with content': '050100',
  'an unknown type': '1f8101',
  nothing: '',
}

for (const [what, hex] of Object.entries(malformed)) {
  test(`${what} is refused as malformed`, () => {
    expect(() => new BerReader(Buffer.from(hex, 'hex')).value()).toThrow(expect.objectContaining({ code: 'SPY_SNMP_MALFORMED' }))
  })
}

test('an OBJECT IDENTIFIER has at most 128 numbers', () => {
  const bytes = (count: number): string => `0681${(count - 1).toString(16)}${'01'.repeat(count - 1)}`
  const most = [0, 1, ...Array.from({ length: 126 }, () => 1)]
  expect(new BerReader(Buffer.from(`067f${'01'.repeat(127)}`, 'hex')).oid()).toEqual(most)
  expect(hex(() => writer.oid(most))).toBe(`067f${'01'.repeat(127)}`)
  expect(() => reading(bytes(129)).oid()).toThrow(expect.objectContaining({ code: 'SPY_SNMP_MALFORMED' }))
  expect(() => writer.oid([...most, 1])).toThrow(expect.objectContaining({ code: 'SPY_SNMP_VALUE' }))
})

test('an element may not be left before its end', () => {
  const reader = new BerReader(Buffer.from('300402010102', 'hex'))
  const outer = reader.enter(tag.sequence)
  reader.integer()
  expect(() => reader.leave(outer)).toThrow(expect.objectContaining({ code: 'SPY_SNMP_MALFORMED' }))
})

test('values that no SNMP type can hold are refused with a code', () => {
  const refused = [
    () => writer.integer(2 ** 31),
    () => writer.integer(-(2 ** 31) - 1),
    () => writer.integer(0.5),
    () => writer.unsigned(0.5, tag.gauge32),
    () => writer.counter64(-1n),
    () => writer.value({ type: 'ipAddress', value: Buffer.alloc(5) }),
    () => writer.oid([0, 40]),
    () => writer.oid([1, 3, 2 ** 32]),
    () => writer.oid([2, 2 ** 32 - 80]),
    () => writer.oid([]),
    () => writer.unsigned(-1, tag.gauge32),
    () => writer.unsigned(2 ** 32, tag.gauge32),
    () => writer.counter64(2n ** 64n),
    () => writer.value({ type: 'ipAddress', value: Buffer.alloc(3) }),
    () => writer.oid([3, 1]),
    () => writer.oid([1, 40]),
    () => writer.oid([1]),
    () => writer.oid([1, 3, -1]),
    () => writer.oid([1, 3, Number.NaN]),
  ]
  for (const write of refused) expect(write).toThrow(expect.objectContaining({ code: 'SPY_SNMP_VALUE' }))
})

test('a message may fill the room of the writer and not go beyond it', () => {
  const tooBig = expect.objectContaining({ code: 'SPY_SNMP_TOO_BIG' })
  const small = new BerWriter(4, 3)
  small.prepend(Buffer.of(3, 2, 1))
  expect(() => small.prepend(Buffer.of(0))).toThrow(tooBig)
  expect(() => small.header(tag.sequence)).toThrow(tooBig)
  small.append(Buffer.of(9, 4, 5, 6, 7, 9), 1, 5)
  expect(() => small.append(Buffer.of(0))).toThrow(tooBig)
  expect(small.copy()).toEqual(Buffer.of(3, 2, 1, 4, 5, 6, 7))
  expect(small.size).toBe(7)
  small.reset()
  expect([small.size, small.start, small.end]).toEqual([0, 3, 3])
})

test('every element takes the bytes it has and no more, or is refused', () => {
  fc.assert(
    fc.property(arbitraryOid, arbitraryValue, (oid, value) => {
      writer.reset()
      writer.varbind({ oid, value })
      const exact = new BerWriter(0, writer.size)
      exact.varbind({ oid, value })
      expect(exact.copy()).toEqual(writer.copy())
      expect(() => new BerWriter(0, writer.size - 1).varbind({ oid, value })).toThrow(expect.objectContaining({ code: 'SPY_SNMP_TOO_BIG' }))
    }),
  )
})

test('a writer holds the largest datagram of IPv4 behind room for the headers of a v3 message', () => {
  const whole = new BerWriter()
  whole.append(Buffer.alloc(65_507))
  expect(() => whole.append(Buffer.of(0))).toThrow(expect.objectContaining({ code: 'SPY_SNMP_TOO_BIG' }))
  whole.prepend(Buffer.alloc(1024))
})
