import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BerReader } from '../../../snmp-bridge/src/ber/reader.ts'
import { pduTag, tag } from '../../../snmp-bridge/src/ber/tags.ts'
import type { Varbind } from '../../../snmp-bridge/src/ber/value.ts'
import { BerWriter } from '../../../snmp-bridge/src/ber/writer.ts'
import { readPdu, readVarbinds } from '../../../snmp-bridge/src/message/pdu.ts'
import { arbitraryOid, arbitraryValue } from '../ber/arbitraries.ts'

const writer = new BerWriter(0, 65_536)
const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })

function pduOf(type: number, numbers: readonly [number, number, number], varbinds: readonly Varbind[]): Buffer {
  writer.reset()
  for (const each of varbinds.toReversed()) writer.varbind(each)
  writer.header(tag.sequence)
  for (const number of numbers.toReversed()) writer.integer(number)
  writer.header(type)
  return writer.copy()
}

test('a PDU decodes to what was encoded', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(pduTag)),
      fc.tuple(int32, int32, int32),
      fc.array(fc.record({ oid: arbitraryOid, value: arbitraryValue }), { maxLength: 12 }),
      (type, numbers, varbinds) => {
        const message = pduOf(type, numbers, varbinds)
        const [requestId, first, second] = numbers
        const pdu = readPdu(new BerReader(message))
        expect(pdu).toMatchObject({ type, requestId, first, second, names: varbinds.map(({ oid }) => oid) })
        expect(readVarbinds(new BerReader(message), pdu)).toEqual(varbinds)
      },
    ),
  )
})

test('unknown PDUs, and bindings with more than a name and a value, are malformed', () => {
  const malformed = expect.objectContaining({ code: 'SPY_SNMP_MALFORMED' })
  expect(() => readPdu(new BerReader(Buffer.from('a40b0201010201000201003000', 'hex')))).toThrow(malformed)
  expect(() => readPdu(new BerReader(Buffer.from('a00d02010102010002010030000500', 'hex')))).toThrow(malformed)
  expect(() => readPdu(new BerReader(Buffer.from('a0140201010201000201003009300706010005000500', 'hex')))).toThrow(malformed)
})
