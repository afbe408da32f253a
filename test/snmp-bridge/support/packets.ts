/** Requests as bytes and responses as values, made with the codec whose correctness its own tests and real managers show. */
import { createCipheriv, createHmac } from 'node:crypto'
import type { Oid } from '../../../snmp-bridge/src/ber/oid.ts'
import { BerReader } from '../../../snmp-bridge/src/ber/reader.ts'
import { pduTag, tag } from '../../../snmp-bridge/src/ber/tags.ts'
import type { SnmpValue, Varbind } from '../../../snmp-bridge/src/ber/value.ts'
import { BerWriter } from '../../../snmp-bridge/src/ber/writer.ts'
import { readPdu, readVarbinds } from '../../../snmp-bridge/src/message/pdu.ts'
import { decipher, isAuthentic, readHeader, readUsmParameters, seal, type UsmParameters } from '../../../snmp-bridge/src/usm/v3-message.ts'
import { type LocalizedKeys, localizeKeys, masterKeys } from '../../../snmp-bridge/src/usm/keys.ts'
import { engineId, user } from './agent.ts'

export interface Request {
  readonly type?: keyof typeof pduTag
  readonly names: readonly Oid[]
  readonly values?: readonly SnmpValue[]
  readonly nonRepeaters?: number
  readonly maxRepetitions?: number
  readonly requestId?: number
}

export interface Response {
  readonly type: number
  readonly requestId: number
  readonly errorStatus: number
  readonly errorIndex: number
  readonly varbinds: readonly Varbind[]
}

function writePdu(request: Request): BerWriter {
  const writer = new BerWriter(0, 70_000)
  for (let i = request.names.length - 1; i >= 0; i--) {
    writer.varbind({ oid: request.names[i]!, value: request.values?.[i] ?? { type: 'null' } })
  }
  writer.header(tag.sequence)
  writer.integer(request.maxRepetitions ?? 0)
  writer.integer(request.nonRepeaters ?? 0)
  writer.integer(request.requestId ?? 77)
  writer.header(pduTag[request.type ?? 'get'])
  return writer
}

export function v2cRequest(request: Request, community = 'public', version = 1): Buffer {
  const writer = writePdu(request)
  writer.octets(Buffer.from(community))
  writer.integer(version)
  writer.header(tag.sequence)
  return writer.copy()
}

function readResponse(reader: BerReader): Response {
  const pdu = readPdu(reader)
  return {
    type: pdu.type,
    requestId: pdu.requestId,
    errorStatus: pdu.first,
    errorIndex: pdu.second,
    varbinds: readVarbinds(new BerReader(pdu.bytes), pdu),
  }
}

export function parseV2c(message: Buffer | undefined): Response {
  const reader = new BerReader(message!)
  reader.enter(tag.sequence)
  reader.integer()
  reader.octets()
  return readResponse(reader)
}

export const userKeys = localizeKeys(masterKeys(user.authPassword, user.privPassword), engineId)

export interface V3Options {
  readonly engineId?: Buffer
  readonly boots?: number
  readonly time?: number
  readonly user?: string
  readonly keys?: LocalizedKeys | undefined
  readonly priv?: boolean
  readonly maxSize?: number
  readonly reportable?: boolean
}

export function v3Request(request: Request, options: V3Options = {}): Buffer {
  return seal(writePdu(request), {
    msgId: 4711,
    reportable: options.reportable ?? true,
    engineId: options.engineId ?? engineId,
    boots: options.boots ?? 3,
    time: options.time ?? 0,
    user: Buffer.from(options.user ?? user.name),
    keys: 'keys' in options ? options.keys : userKeys,
    priv: options.priv ?? true,
    maxSize: options.maxSize ?? 65_507,
  })
}

export interface V3Response extends Response {
  readonly auth: boolean
  readonly priv: boolean
  readonly authentic: boolean
  readonly parameters: UsmParameters
  readonly msgId: number
}

export function parseV3(message: Buffer | undefined): V3Response {
  const reader = new BerReader(message!)
  reader.enter(tag.sequence)
  reader.integer()
  const { auth, priv, msgId } = readHeader(reader)
  const parameters = readUsmParameters(reader)
  const authentic = auth && isAuthentic(reader.bytes, parameters, userKeys.auth)
  const scoped = priv ? new BerReader(decipher(reader.octets(), parameters, userKeys.priv)!) : reader
  scoped.enter(tag.sequence)
  scoped.octets()
  scoped.octets()
  return { ...readResponse(scoped), auth, priv, authentic, parameters, msgId }
}

/** A signed and enciphered request whose scoped PDU is `scope` (under 128 bytes), whatever it holds. */
export function v3Scoped(scope: Buffer): Buffer {
  const writer = new BerWriter()
  const aroundPdu = 2 + 2 + engineId.length + 2
  writer.append(Buffer.alloc(scope.length - aroundPdu))
  const envelope = { msgId: 4711, reportable: true, boots: 3, time: 0, maxSize: 65_507, priv: true }
  const message = seal(writer, { ...envelope, engineId, user: Buffer.from(user.name), keys: userKeys })
  const reader = new BerReader(message)
  reader.enter(tag.sequence)
  reader.integer()
  readHeader(reader)
  const { salt, digestAt } = readUsmParameters(reader)
  const vector = Buffer.concat([Buffer.from('0000000300000000', 'hex'), salt])
  createCipheriv('aes-128-cfb', userKeys.priv, vector).update(scope).copy(reader.octets())
  message.fill(0, digestAt, digestAt + 24)
  createHmac('sha256', userKeys.auth).update(message).digest().copy(message, digestAt, 0, 24)
  return message
}
