/**
 * The envelope of SNMPv3 messages (RFC 3412 §6) with the parameters of the User-based Security Model (RFC 3414 §2.4): parsing,
 * checking the digest, decrypting, and building outgoing messages. What is accepted or reported is decided elsewhere.
 */
import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { type BerReader, malformed } from '../ber/reader.ts'
import { tag } from '../ber/tags.ts'
import type { BerWriter } from '../ber/writer.ts'
import type { LocalizedKeys } from './keys.ts'

export const V3 = 3
export const USM = 3
/** usmHMAC192SHA256AuthProtocol sends the first 24 bytes of the HMAC. */
const DIGEST_BYTES = 24
const SALT_BYTES = 8
const MIN_MSG_MAX_SIZE = 484
const flag = { auth: 1, priv: 2, reportable: 4 } as const

export interface V3Header {
  readonly msgId: number
  readonly maxSize: number
  readonly auth: boolean
  readonly priv: boolean
  readonly reportable: boolean
  readonly securityModel: number
}

export interface UsmParameters {
  readonly engineId: Buffer
  readonly boots: number
  readonly time: number
  readonly user: Buffer
  readonly digest: Buffer
  /** Offset of the digest in the message. */
  readonly digestAt: number
  readonly salt: Buffer
}

/** Reads what follows the version, up to the security parameters. */
export function readHeader(reader: BerReader): V3Header {
  const outer = reader.enter(tag.sequence)
  const msgId = reader.integer()
  const maxSize = reader.integer()
  const flags = reader.octets()
  const securityModel = reader.integer()
  reader.leave(outer)
  if (msgId < 0) malformed('a negative msgID')
  if (maxSize < MIN_MSG_MAX_SIZE) malformed(`msgMaxSize ${maxSize}`)
  if (flags.length !== 1) malformed(`msgFlags of ${flags.length} bytes`)
  const bits = flags[0]!
  return {
    msgId,
    maxSize,
    auth: (bits & flag.auth) !== 0,
    priv: (bits & flag.priv) !== 0,
    reportable: (bits & flag.reportable) !== 0,
    securityModel,
  }
}

/** Reads msgSecurityParameters, an OCTET STRING that holds a SEQUENCE. */
export function readUsmParameters(reader: BerReader): UsmParameters {
  const octets = reader.enter(tag.octets)
  const outer = reader.enter(tag.sequence)
  const engineId = reader.octets()
  const boots = reader.integer()
  const time = reader.integer()
  const user = reader.octets()
  const digest = reader.octets()
  const digestAt = reader.position - digest.length
  const salt = reader.octets()
  reader.leave(outer)
  reader.leave(octets)
  if (boots < 0 || time < 0) malformed('negative engine boots or time')
  if (engineId.length > 32 || user.length > 32) malformed('an engine id or user name of more than 32 bytes')
  return { engineId, boots, time, user, digest, digestAt, salt }
}

/** Whether the message was signed with `key`. The length of the digest is fixed by us, not by the message. Clears the digest in `message`. */
export function isAuthentic(message: Buffer, { digest, digestAt }: UsmParameters, key: KeyObject): boolean {
  if (digest.length !== DIGEST_BYTES) return false
  const claimed = Buffer.from(digest)
  message.fill(0, digestAt, digestAt + DIGEST_BYTES)
  return timingSafeEqual(hmac(message, key), claimed)
}

/** The decrypted scoped PDU, possibly followed by padding; undefined when salt or ciphertext are invalid. */
export function decipher(ciphertext: Buffer, parameters: UsmParameters, key: KeyObject): Buffer | undefined {
  if (parameters.salt.length !== SALT_BYTES || ciphertext.length === 0) return undefined
  const plain = createDecipheriv('aes-128-cfb', key, initialVector(parameters.boots, parameters.time, parameters.salt)).update(ciphertext)
  return plain[0] === tag.sequence ? plain : undefined
}

export interface Envelope {
  readonly msgId: number
  readonly reportable: boolean
  /** The authoritative engine: the one that responds, or that receives an inform. */
  readonly engineId: Buffer
  readonly boots: number
  readonly time: number
  readonly user: Buffer
  /** If omitted: noAuthNoPriv. */
  readonly keys?: LocalizedKeys | undefined
  /** With keys: whether the scoped PDU is encrypted. */
  readonly priv: boolean
  readonly maxSize: number
}

/** Size of a message without its PDU, in bytes. */
export function envelopeBytes(engineId: Buffer, user: Buffer): number {
  return 110 + 2 * engineId.length + user.length
}

/** Wraps the PDU in `writer`, encrypts and signs it. Returns a copy. */
export function seal(writer: BerWriter, envelope: Envelope): Buffer {
  const salt = scopeAndEncipher(writer, envelope)
  const data = writer.start
  writer.octets(salt)
  writer.octets(envelope.keys ? Buffer.alloc(DIGEST_BYTES) : EMPTY)
  const digestAt = writer.start + 2
  writer.octets(envelope.user)
  writer.integer(envelope.time)
  writer.integer(envelope.boots)
  writer.octets(envelope.engineId)
  writer.header(tag.sequence, data)
  writer.header(tag.octets, data)
  const header = writer.start
  writer.integer(USM)
  writer.octets(Buffer.of(flagsOf(envelope)))
  writer.integer(envelope.maxSize)
  writer.integer(envelope.msgId)
  writer.header(tag.sequence, header)
  writer.integer(V3)
  writer.header(tag.sequence)
  const message = writer.copy()
  if (envelope.keys) hmac(message, envelope.keys.auth).copy(message, digestAt - writer.start)
  return message
}

/** ScopedPDU ::= SEQUENCE { contextEngineID, contextName, data }; the result is the salt. */
function scopeAndEncipher(writer: BerWriter, { engineId, keys, priv, boots, time }: Envelope): Buffer {
  writer.octets(EMPTY)
  writer.octets(engineId)
  writer.header(tag.sequence)
  if (!keys || !priv) return EMPTY
  const salt = nextSalt()
  const plain = writer.view()
  createCipheriv('aes-128-cfb', keys.priv, initialVector(boots, time, salt))
    .update(plain)
    .copy(plain)
  writer.header(tag.octets)
  return salt
}

const EMPTY = Buffer.alloc(0)

function flagsOf({ keys, priv, reportable }: Envelope): number {
  return (keys ? flag.auth : 0) | (keys && priv ? flag.priv : 0) | (reportable ? flag.reportable : 0)
}

function hmac(message: Buffer, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(message).digest().subarray(0, DIGEST_BYTES)
}

/** RFC 3826 §3.1.2.1: engine boots, engine time, salt. */
function initialVector(boots: number, time: number, salt: Buffer): Buffer {
  const vector = Buffer.allocUnsafe(16)
  vector.writeUInt32BE(boots, 0)
  vector.writeUInt32BE(time, 4)
  salt.copy(vector, 8)
  return vector
}

/** Starts at a random value and never repeats within the life of the process. */
let saltCounter = randomBytes(SALT_BYTES).readBigUInt64BE()

function nextSalt(): Buffer {
  const salt = Buffer.allocUnsafe(SALT_BYTES)
  saltCounter = BigInt.asUintN(64, saltCounter + 1n)
  salt.writeBigUInt64BE(saltCounter)
  return salt
}
