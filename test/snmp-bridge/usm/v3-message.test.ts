import { createDecipheriv, createHmac } from 'node:crypto'
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

const plainEnvelope = {
  msgId: 1,
  reportable: true,
  engineId: Buffer.alloc(5, 9),
  boots: 2,
  time: 3,
  user: Buffer.from('u'),
  priv: true,
  maxSize: 484,
}

test('a message without keys is, byte for byte, that of RFC 3412 §6 and RFC 3414 §2.4', () => {
  writer.reset()
  writer.append(Buffer.from('a000', 'hex'))
  const parts = [
    '3037020103', // SEQUENCE, msgVersion
    '300d020101020201e4040104020103', // msgID, msgMaxSize, msgFlags, msgSecurityModel
    '041630140405090909090902010202010304017504000400', // security parameters
    '300b040509090909090400a000', // scoped PDU
  ]
  expect(seal(writer, plainEnvelope).toString('hex')).toBe(parts.join(''))
})

test.for([
  [{ priv: true, reportable: true, keys: userKeys }, 7],
  [{ priv: true, reportable: false, keys: userKeys }, 3],
  [{ priv: false, reportable: true, keys: userKeys }, 5],
  [{ priv: false, reportable: false, keys: userKeys }, 1],
  [{ priv: true, reportable: false, keys: undefined }, 0],
] as const)('msgFlags, digest and cipher of %j', ([options, flags]) => {
  writer.reset()
  writer.append(Buffer.from('a000', 'hex'))
  const message = seal(writer, { ...plainEnvelope, ...options })
  const reader = new BerReader(Buffer.from(message))
  reader.enter(tag.sequence)
  reader.integer()
  const header = readHeader(reader)
  const { digest, digestAt, salt } = readUsmParameters(reader)
  expect((header.auth ? 1 : 0) + (header.priv ? 2 : 0) + (header.reportable ? 4 : 0)).toBe(flags)
  expect([digest.length, salt.length]).toEqual([options.keys ? 24 : 0, flags & 2 ? 8 : 0])
  if (!options.keys) return
  const cleared = Buffer.from(message).fill(0, digestAt, digestAt + 24)
  expect(digest).toEqual(createHmac('sha256', userKeys.auth).update(cleared).digest().subarray(0, 24))
  if (!options.priv) return
  const vector = Buffer.concat([Buffer.from('0000000200000003', 'hex'), salt]) // RFC 3826 §3.1.2.1
  const plain = createDecipheriv('aes-128-cfb', userKeys.priv, vector).update(reader.octets())
  expect(plain.toString('hex')).toBe('300b040509090909090400a000')
})

test('two messages have two salts', () => {
  const salts = [1, 2, 3].map(() => {
    writer.reset()
    writer.append(Buffer.from('a000', 'hex'))
    const reader = new BerReader(seal(writer, { ...plainEnvelope, keys: userKeys }))
    reader.enter(tag.sequence)
    reader.integer()
    readHeader(reader)
    return readUsmParameters(reader).salt.toString('hex')
  })
  expect(new Set(salts).size).toBe(3)
})

test('the limits of the header: msgMaxSize 484, msgID 0, one byte of flags', () => {
  const header = (msgId: string, maxSize: string, flags: string): string => {
    const content = `${msgId}${maxSize}${flags}020103`
    return `30${(content.length / 2).toString(16).padStart(2, '0')}${content}`
  }
  const read = (hex: string) => readHeader(new BerReader(Buffer.from(hex, 'hex')))
  expect(read(header('020100', '020201e4', '040100'))).toMatchObject({
    msgId: 0,
    maxSize: 484,
    auth: false,
    priv: false,
    reportable: false,
  })
  const malformed = expect.objectContaining({ code: 'SPY_SNMP_MALFORMED' })
  for (const bad of [
    header('0201ff', '020201e4', '040100'),
    header('020100', '020201e3', '040100'),
    header('020100', '020201e4', '0400'),
    header('020100', '020201e4', '04020000'),
  ]) {
    expect(() => read(bad)).toThrow(malformed)
  }
})

test('the limits of the security parameters: 32 bytes of engine id and user, counts from 0', () => {
  const read = (engine: number, boots: number, time: number, name: number) => {
    const parameters = new BerWriter(0, 300)
    for (const text of [Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(name)]) parameters.octets(text)
    for (const count of [time, boots]) parameters.integer(count)
    parameters.octets(Buffer.alloc(engine))
    parameters.header(tag.sequence)
    parameters.header(tag.octets)
    return readUsmParameters(new BerReader(parameters.copy()))
  }
  expect(read(32, 0, 0, 32)).toMatchObject({ boots: 0, time: 0 })
  const malformed = expect.objectContaining({ code: 'SPY_SNMP_MALFORMED' })
  for (const [engine, boots, time, name] of [
    [33, 0, 0, 32],
    [32, 0, 0, 33],
    [32, -1, 0, 32],
    [32, 0, -1, 32],
  ] as const) {
    expect(() => read(engine, boots, time, name)).toThrow(malformed)
  }
})

test('a text that is no SEQUENCE when deciphered was enciphered with another key', () => {
  const parameters = {
    digestAt: 0,
    digest: Buffer.alloc(24),
    engineId: Buffer.alloc(5),
    boots: 0,
    time: 0,
    user: Buffer.alloc(0),
    salt: Buffer.alloc(8),
  }
  const plain = decipher(Buffer.from([0]), parameters, userKeys.priv)
  const first = createDecipheriv('aes-128-cfb', userKeys.priv, Buffer.alloc(16)).update(Buffer.from([0]))[0]!
  expect(plain).toBeUndefined()
  expect(decipher(Buffer.from([first ^ tag.sequence]), parameters, userKeys.priv)).toEqual(Buffer.of(tag.sequence))
})
