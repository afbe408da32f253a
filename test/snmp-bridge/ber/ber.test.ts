import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { BerReader } from '../../../snmp-bridge/src/ber/reader.ts'
import { tag } from '../../../snmp-bridge/src/ber/tags.ts'
import { BerWriter } from '../../../snmp-bridge/src/ber/writer.ts'
import { arbitraryOid, arbitraryValue } from './arbitraries.ts'

const writer = new BerWriter(0, 8192)

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

test('a signed number decodes to what was encoded, in as few bytes as BER allows', () => {
  for (const [value, length] of [
    [0, 1],
    [127, 1],
    [128, 2],
    [-1, 1],
    [-128, 1],
    [-129, 2],
    [0x7fff_ffff, 4],
    [-0x8000_0000, 4],
  ] as const) {
    writer.reset()
    writer.integer(value)
    expect(writer.size).toBe(length + 2)
    expect(new BerReader(writer.copy()).integer()).toBe(value)
  }
})

test('lengths of one, two and three bytes are written and read', () => {
  for (const length of [0, 127, 128, 255, 256, 5000]) {
    writer.reset()
    writer.octets(Buffer.alloc(length, 7))
    expect(new BerReader(writer.copy()).octets()).toHaveLength(length)
  }
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
  'an INTEGER of five bytes': '02050000000001',
  'a negative Gauge32': '4201ff',
  'a Counter64 of ten bytes': '460a00000000000000000000',
  'an IpAddress of three bytes': '40037f0001',
  'an empty OBJECT IDENTIFIER': '0600',
  'a padded OBJECT IDENTIFIER': '06032b8001',
  'an OBJECT IDENTIFIER that ends within a number': '06022b81',
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

test('an OBJECT IDENTIFIER of more than 128 numbers is refused', () => {
  const bytes = Buffer.concat([Buffer.from([tag.oid, 0x81, 140]), Buffer.alloc(140, 1)])
  expect(() => new BerReader(bytes).oid()).toThrow(expect.objectContaining({ code: 'SPY_SNMP_MALFORMED' }))
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

test('a message beyond the room of the writer is refused with a code', () => {
  expect(() => new BerWriter(16, 16).prepend(Buffer.alloc(17))).toThrow(expect.objectContaining({ code: 'SPY_SNMP_TOO_BIG' }))
  expect(() => new BerWriter(16, 16).append(Buffer.alloc(17))).toThrow(expect.objectContaining({ code: 'SPY_SNMP_TOO_BIG' }))
})
