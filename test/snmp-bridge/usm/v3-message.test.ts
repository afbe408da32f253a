import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BerReader } from '../../../snmp-bridge/src/ber/reader.ts'
import { tag } from '../../../snmp-bridge/src/ber/tags.ts'
import { BerWriter } from '../../../snmp-bridge/src/ber/writer.ts'
import { decipher, envelopeBytes, isAuthentic, readHeader, readUsmParameters, seal } from '../../../snmp-bridge/src/usm/v3-message.ts'
import { userKeys } from '../support/packets.ts'

const writer = new BerWriter()
const bytes = (options: fc.IntArrayConstraints) => fc.uint8Array(options).map((array) => Buffer.from(array))
const counter = fc.integer({ min: 0, max: 0x7fff_ffff })

test('a sealed message opens to the same, is authentic, and one changed bit makes it foreign', () => {
  fc.assert(
    fc.property(
      fc.record({
        msgId: counter,
        reportable: fc.boolean(),
        engineId: bytes({ minLength: 5, maxLength: 32 }),
        boots: counter,
        time: counter,
        user: bytes({ maxLength: 32 }),
        priv: fc.boolean(),
        maxSize: fc.integer({ min: 484, max: 65_507 }),
      }),
      bytes({ maxLength: 600 }),
      fc.nat(),
      (envelope, pdu, position) => {
        writer.reset()
        writer.append(pdu)
        const message = seal(writer, { ...envelope, keys: userKeys })
        expect(message.length - pdu.length).toBeLessThanOrEqual(envelopeBytes(envelope.engineId, envelope.user))
        const damaged = Buffer.from(message)
        const reader = new BerReader(message)
        reader.enter(tag.sequence)
        expect(reader.integer()).toBe(3)
        const { securityModel, ...header } = readHeader(reader)
        expect(securityModel).toBe(3)
        expect(header).toEqual({
          msgId: envelope.msgId,
          maxSize: envelope.maxSize,
          auth: true,
          priv: envelope.priv,
          reportable: envelope.reportable,
        })
        const parameters = readUsmParameters(reader)
        expect(parameters).toMatchObject({ engineId: envelope.engineId, boots: envelope.boots, time: envelope.time, user: envelope.user })
        expect(isAuthentic(message, parameters, userKeys.auth)).toBe(true)
        const scoped = envelope.priv ? decipher(reader.octets(), parameters, userKeys.priv)! : message.subarray(reader.position)
        const inner = new BerReader(scoped)
        inner.enter(tag.sequence)
        expect(inner.octets()).toEqual(envelope.engineId)
        expect(inner.octets()).toHaveLength(0)
        expect(scoped.subarray(inner.position)).toEqual(pdu)
        const isDigest = (at: number): boolean => at >= parameters.digestAt && at < parameters.digestAt + 24
        const at = position % damaged.length
        damaged[isDigest(at) ? 0 : at]! ^= 1
        expect(
          isAuthentic(damaged, { ...parameters, digest: damaged.subarray(parameters.digestAt, parameters.digestAt + 24) }, userKeys.auth),
        ).toBe(false)
      },
    ),
  )
})

test('a digest of another length than ours is never authentic, whatever it holds', () => {
  const parameters = { digestAt: 0, salt: Buffer.alloc(8), engineId: Buffer.alloc(5), boots: 0, time: 0, user: Buffer.alloc(0) }
  for (const length of [0, 1, 12, 23, 25]) {
    expect(isAuthentic(Buffer.alloc(60), { ...parameters, digest: Buffer.alloc(length) }, userKeys.auth)).toBe(false)
  }
})

test('a salt of another length than 8, and an empty text, are not deciphered', () => {
  const parameters = { digestAt: 0, digest: Buffer.alloc(24), engineId: Buffer.alloc(5), boots: 0, time: 0, user: Buffer.alloc(0) }
  for (const length of [0, 7, 9]) {
    expect(decipher(Buffer.alloc(16), { ...parameters, salt: Buffer.alloc(length) }, userKeys.priv)).toBeUndefined()
  }
  expect(decipher(Buffer.alloc(0), { ...parameters, salt: Buffer.alloc(8) }, userKeys.priv)).toBeUndefined()
})
