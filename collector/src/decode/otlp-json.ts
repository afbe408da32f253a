/**
 * Transcodes OTLP/JSON into the protobuf bytes that the decoders read, so that there is only one decoder. Rules of the specification
 * (opentelemetry-proto docs/specification.md#json-protobuf-encoding): hexadecimal ids, 64-bit integers as number or text, enumerations as
 * numbers, lowerCamelCase names; unknown names are ignored. Enumeration names are accepted as well, because many senders write them.
 */
import { codeOf } from '@spyglass/agent/contract'
import { ByteWriter } from '../native/byte-writer.ts'
import { fail } from './errors.ts'
import { parseExact } from './exact-json.ts'
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts'
import { doubleOf, integerOf } from './json-numbers.ts'
import { limits } from './limits.ts'
import { exportRequests, type Field, type FieldType, type Message, POINTS } from './otlp-messages.ts'
import type { DecodeReport } from './report.ts'
import { NOT_READ } from './salvage.ts'

/** A value of OTLP takes three messages a level (value, list, entry); the rest is the way from the request to an attribute. */
const MAX_LEVELS = limits.depth * 3 + 12

/**
 * A malformed item is dropped and reported as rejected; malformed parts outside items are dropped without a rejection.
 * @throws SPY_OTLP_JSON when the body is not a JSON object at all
 */
export function protobufFromJson(body: Buffer, signal: keyof typeof exportRequests, report: DecodeReport): Buffer {
  let parsed: unknown
  try {
    parsed = parseExact(withoutMark(body).toString('utf8'))
  } catch (error) {
    throw fail('SPY_OTLP_JSON', [error instanceof Error ? error.message : 'it is not JSON'], error)
  }
  if (!isObject(parsed)) throw fail('SPY_OTLP_JSON', ['it is not an object'])
  return new Transcoder(report).transcode(exportRequests[signal], parsed)
}

/** Some senders put a byte order mark in front, which RFC 8259 §8.1 lets a reader ignore. */
const withoutMark = (body: Buffer): Buffer => (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body)

type JsonObject = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

class Transcoder {
  readonly #report: DecodeReport
  /** One for each level of messages: what is inside must be written before its length. */
  readonly #writers: ByteWriter[] = []
  readonly #path: (string | number)[] = []
  /** Whether an item is being written: then a fault costs all of it. */
  #isInItem = false
  /** What was wrong when SPY_OTLP_JSON was last thrown. */
  #fault = ''

  constructor(report: DecodeReport) {
    this.#report = report
  }

  transcode(message: Message, value: JsonObject): Buffer {
    const out = this.#writer(0)
    this.#message(out, message, value, 0)
    return out.bytes.subarray(0, out.length)
  }

  #writer(depth: number): ByteWriter {
    const writer = (this.#writers[depth] ??= new ByteWriter())
    writer.reset()
    return writer
  }

  #message(out: ByteWriter, message: Message, value: JsonObject, depth: number): void {
    if (depth > MAX_LEVELS) return // the decoder cuts, and counts, what is nested half as deep
    for (const name of Object.keys(value)) {
      const content = value[name]
      const field = Object.hasOwn(message, name) ? message[name] : undefined
      if (!field || content === null || content === undefined) continue
      this.#path.push(name)
      if (field[2] === undefined) this.#guarded(() => this.#field(out, field, content, depth))
      else this.#list(out, field, content, depth)
      this.#path.pop()
    }
  }

  #list(out: ByteWriter, field: Field, content: unknown, depth: number): void {
    const elements: readonly unknown[] = Array.isArray(content) ? content : [content]
    for (const [i, element] of elements.entries()) {
      this.#path.push(i)
      if (field[2] === 'items') this.#item(out, field, element, depth)
      else this.#guarded(() => this.#field(out, field, element, depth), field[2] === 'details')
      this.#path.pop()
    }
  }

  /**
   * An error inside an item affects only that item, inside a detail only that detail. Outside items it affects only the part that contains it: a
   * resource with one bad attribute keeps the others.
   */
  #guarded(write: () => void, isDetail = false): void {
    if (this.#isInItem && !isDetail) return write()
    const depth = this.#path.length
    try {
      write()
    } catch (error) {
      const [reason, place] = this.#faultOf(error, depth)
      if (this.#report.broken >= limits.broken)
        throw fail('SPY_OTLP_JSON', [`more than ${limits.broken} errors, the last: ${reason} (${place})`], error)
      this.#report.leaveOut(reason, place)
    }
  }

  #item(out: ByteWriter, field: Field, element: unknown, depth: number): void {
    if (this.#report.broken >= limits.broken) return this.#report.reject(NOT_READ, '', pointsOf(element))
    const wasInItem = this.#isInItem
    const level = this.#path.length
    this.#isInItem = true
    try {
      this.#field(out, field, element, depth)
    } catch (error) {
      const [reason, place] = this.#faultOf(error, level)
      this.#report.rejectBroken(reason, place, pointsOf(element))
    }
    this.#isInItem = wasInItem
  }

  #faultOf(error: unknown, level: number): [reason: string, place: string] {
    if (codeOf(error) !== 'SPY_OTLP_JSON') throw error
    const place = this.#path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
    this.#path.length = level
    return [this.#fault, place.slice(1)]
  }

  #field(out: ByteWriter, [number, type]: Field, value: unknown, depth: number): void {
    if (typeof type === 'function') {
      if (!isObject(value)) throw this.#wrong('an object')
      const inner = this.#writer(depth + 1)
      this.#message(inner, type(), value, depth + 1)
      out.varint(number * 8 + 2)
      out.prefixed(inner.bytes, 0, inner.length)
    } else if (type === 'string' || type === 'base64' || type === 'traceId' || type === 'spanId') {
      const bytes = this.#bytes(type, value)
      out.varint(number * 8 + 2)
      out.prefixed(bytes, 0, bytes.length)
    } else this.#number(out, number, type, value)
  }

  #bytes(type: 'string' | 'base64' | 'traceId' | 'spanId', value: unknown): Buffer {
    if (typeof value !== 'string') throw this.#wrong('a text')
    if (type === 'string') return Buffer.from(value)
    if (type !== 'base64') return this.#id(value, type === 'traceId' ? TRACE_ID_BYTES : SPAN_ID_BYTES)
    if (!/^[\w+/-]*={0,2}$/.test(value)) throw this.#wrong('base64')
    return Buffer.from(value, 'base64')
  }

  #id(value: string, length: number): Buffer {
    if (value === '') return NO_BYTES
    if (value.length !== length * 2 || !/^[0-9a-f]+$/i.test(value)) throw this.#wrong(`${length * 2} hexadecimal digits`)
    return Buffer.from(value, 'hex')
  }

  #number(out: ByteWriter, number: number, type: NumberType, value: unknown): void {
    const wire = type === 'fixed64' || type === 'sfixed64' || type === 'double' ? 1 : type === 'fixed32' ? 5 : 0
    const content = type === 'double' ? this.#double(value) : type === 'bool' ? this.#bool(value) : this.#integer(type, value)
    out.varint(number * 8 + wire)
    if (type === 'double') out.f64(Number(content))
    else if (wire === 1) out.whole(BigInt.asUintN(64, BigInt(content)))
    else if (wire === 5) out.u32(Number(content))
    else writeVarint(out, type === 'sint32' ? zigzag(Number(content)) : content)
  }

  #double(value: unknown): number {
    const number = doubleOf(value)
    if (number === undefined) throw this.#wrong('a number')
    return number
  }

  #bool(value: unknown): number {
    if (typeof value !== 'boolean') throw this.#wrong('true or false')
    return value ? 1 : 0
  }

  #integer(type: Exclude<NumberType, 'double' | 'bool'>, value: unknown): number | bigint {
    if (typeof type === 'object') return this.#enumeration(type, value)
    const [from, to] = RANGES[type]
    const number = integerOf(value)
    if (number === undefined || number < from || number > to) throw this.#wrong(`a whole number from ${from} to ${to}`)
    return number
  }

  #enumeration([prefix, ...names]: readonly [string, ...string[]], value: unknown): number | bigint {
    if (typeof value === 'string' && value.startsWith(prefix)) {
      const index = names.indexOf(value.slice(prefix.length))
      if (index >= 0) return index
    }
    const number = integerOf(value)
    if (number === undefined || number < -MAX_INT32 - 1 || number > MAX_INT32) throw this.#wrong(`a number or one of ${prefix}…`)
    return number
  }

  #wrong(wanted: string): Error {
    const name = this.#path.findLast((step) => typeof step === 'string') ?? 'the request'
    this.#fault = `${name} must be ${wanted}`
    return fail('SPY_OTLP_JSON', [this.#fault])
  }
}

type NumberType = Exclude<FieldType, (() => Message) | 'string' | 'base64' | 'traceId' | 'spanId'>

const NO_BYTES = Buffer.alloc(0)
const MAX_INT32 = 2 ** 31 - 1
const UINT64 = [0n, 2n ** 64n - 1n] as const
const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const
const UINT32 = [0n, 2n ** 32n - 1n] as const

const RANGES: Readonly<Record<Exclude<NumberType, 'double' | 'bool' | readonly unknown[]>, readonly [from: bigint, to: bigint]>> = {
  uint32: UINT32,
  fixed32: UINT32,
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: INT64,
  sfixed64: INT64,
  uint64: UINT64,
  fixed64: UINT64,
}

/** Seven bits a byte, the low ones first; a negative number as the 64 bits of its two's complement. */
function writeVarint(out: ByteWriter, value: number | bigint): void {
  if (value >= 0 && value <= MAX_INT32) return out.varint(Number(value))
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) out.u8(Number(rest & 127n) | 128)
  out.u8(Number(rest))
}

const zigzag = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2)

/** The number of items as the sender counts them: a metric counts its points. */
function pointsOf(element: unknown): number {
  if (!isObject(element)) return 1
  const lists = Object.values(element).map((data) => (isObject(data) ? data[POINTS] : undefined))
  return Math.max(1, ...lists.map((list) => (Array.isArray(list) ? list.length : 0)))
}
