/**
 * OTLP/JSON into the protobuf bytes that the decoders read, so that there is one way into the columns. Rules of the specification
 * (opentelemetry-proto docs/specification.md#json-protobuf-encoding): hexadecimal ids, 64-bit integers as number or text, enums as
 * numbers, lowerCamelCase names; unknown names are passed over.
 */
import { ByteWriter } from '../native/byte-writer.ts'
import { fail } from './errors.ts'
import { limits } from './limits.ts'
import { exportRequests, type FieldType, type Message } from './otlp-messages.ts'

/** A value of OTLP takes three messages a level (value, list, entry); the rest is the way from the request to an attribute. */
const MAX_LEVELS = limits.depth * 3 + 12

/** @throws SPY_OTLP_JSON */
export function protobufFromJson(body: Buffer, signal: keyof typeof exportRequests): Buffer {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw fail('SPY_OTLP_JSON', [error instanceof Error ? error.message : 'it is no JSON'], error)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw fail('SPY_OTLP_JSON', ['it is no object'])
  const out = new ByteWriter(body.length)
  writeMessage(out, exportRequests[signal], parsed, 0)
  return out.bytes.subarray(0, out.length)
}

function writeMessage(out: ByteWriter, message: Message, value: object, depth: number): void {
  if (depth > MAX_LEVELS) return
  for (const [name, content] of Object.entries(value)) {
    const field = Object.hasOwn(message, name) ? message[name] : undefined
    if (!field || content === null || content === undefined) continue
    const items: unknown[] = Array.isArray(content) ? content : [content]
    for (const item of items) writeField(out, field, item, { name, depth })
  }
}

interface Place {
  readonly name: string
  readonly depth: number
}

function writeField(out: ByteWriter, [number, type]: readonly [number, FieldType], value: unknown, place: Place): void {
  if (typeof type === 'function') {
    if (typeof value !== 'object' || value === null) throw wrong(place.name, 'an object')
    const inner = new ByteWriter(256)
    writeMessage(inner, type(), value, place.depth + 1)
    out.varint(number * 8 + 2)
    out.prefixed(inner.bytes, 0, inner.length)
  } else if (type === 'string' || type === 'id' || type === 'base64') {
    const bytes = bytesOf(type, value, place.name)
    out.varint(number * 8 + 2)
    out.prefixed(bytes, 0, bytes.length)
  } else writeNumber(out, number, type, numberOf(type, value, place.name))
}

type NumberType = Exclude<FieldType, (() => Message) | 'string' | 'id' | 'base64'>

function writeNumber(out: ByteWriter, number: number, type: NumberType, value: number | bigint): void {
  const wire = type === 'fixed64' || type === 'sfixed64' || type === 'double' ? 1 : type === 'fixed32' ? 5 : 0
  out.varint(number * 8 + wire)
  if (type === 'double') out.f64(Number(value))
  else if (wire === 1) {
    const bits = BigInt.asUintN(64, BigInt(value))
    out.u64(Number(bits & 0xffffffffn), Number(bits >> 32n))
  } else if (wire === 5) out.u32(Number(value))
  else bigVarint(out, type === 'sint32' ? zigzag(Number(value)) : BigInt.asUintN(64, BigInt(value)))
}

function bigVarint(out: ByteWriter, value: bigint): void {
  let rest = value
  while (rest > 127n) {
    out.u8(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  out.u8(Number(rest))
}

const zigzag = (value: number): bigint => BigInt(value < 0 ? -value * 2 - 1 : value * 2)

function bytesOf(type: 'string' | 'id' | 'base64', value: unknown, name: string): Buffer {
  if (typeof value !== 'string') throw wrong(name, 'text')
  if (type === 'string') return Buffer.from(value)
  if (type === 'base64') return Buffer.from(value, 'base64')
  if (!/^(?:[0-9a-f]{2})*$/i.test(value)) throw wrong(name, 'hexadecimal digits')
  return Buffer.from(value, 'hex')
}

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

function numberOf(type: NumberType, value: unknown, name: string): number | bigint {
  if (type === 'bool') return value === true ? 1 : 0
  if (type === 'double') {
    const number = typeof value === 'number' ? value : typeof value === 'string' ? (WORDS[value] ?? Number(value)) : undefined
    if (number === undefined) throw wrong(name, 'a number')
    return number
  }
  if (typeof value === 'number' && Number.isInteger(value)) return value
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value)
  throw wrong(name, 'a whole number')
}

const wrong = (name: string, wanted: string) => fail('SPY_OTLP_JSON', [`${name} must be ${wanted}`])
