/**
 * Writes BER. `append` adds finished content at the end; everything around it is written in front, so each length is
 * known when its header is written and nothing is moved. One writer is reused for all messages.
 */
import { fail } from '../errors.ts'
import { assertOid, type Oid } from './oid.ts'
import { tag } from './tags.ts'
import type { SnmpValue, Varbind } from './value.ts'

/** Room for the headers of a v3 message: engine ids, user, context, digest and salt take at most 300 bytes. */
const HEADROOM = 1024
/** Largest UDP payload over IPv4. */
export const MAX_DATAGRAM_BYTES = 65_507

export class BerWriter {
  readonly bytes: Buffer
  readonly #headroom: number
  /** Offset of the first byte written. */
  start: number
  /** Offset after the last byte written. */
  end: number

  constructor(capacity = MAX_DATAGRAM_BYTES, headroom = HEADROOM) {
    this.bytes = Buffer.allocUnsafe(capacity + headroom)
    this.#headroom = headroom
    this.start = headroom
    this.end = headroom
  }

  reset(): void {
    this.start = this.#headroom
    this.end = this.#headroom
  }

  get size(): number {
    return this.end - this.start
  }

  /** A view of what is written; the next use changes it. */
  view(): Buffer {
    return this.bytes.subarray(this.start, this.end)
  }

  copy(): Buffer {
    return Buffer.from(this.view())
  }

  /** Appends encoded bytes. */
  append(source: Buffer, from = 0, to = source.length): void {
    if (this.end + to - from > this.bytes.length) throw fail('SPY_SNMP_TOO_BIG', [this.bytes.length])
    source.copy(this.bytes, this.end, from, to)
    this.end += to - from
  }

  /** Prepends raw bytes. */
  prepend(source: Uint8Array): void {
    if (source.length > this.start) throw fail('SPY_SNMP_TOO_BIG', [this.bytes.length])
    this.start -= source.length
    this.bytes.set(source, this.start)
  }

  /** Writes identifier and length in front of the bytes between here and `until`. */
  header(identifier: number, until: number = this.end): void {
    let length = until - this.start
    if (length < 0x80) {
      this.#put(length)
    } else {
      const before = this.start
      for (; length > 0; length = Math.floor(length / 256)) this.#put(length & 0xff)
      this.#put(0x80 | (before - this.start))
    }
    this.#put(identifier)
  }

  /** A signed number of at most 32 bits. */
  integer(value: number, identifier: number = tag.integer): void {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff) throw fail('SPY_SNMP_VALUE', [value, 'Integer32'])
    const until = this.start
    let rest = value
    do {
      this.#put(rest & 0xff)
      rest >>= 8
    } while (rest !== 0 && rest !== -1)
    if ((this.bytes[this.start]! & 0x80) !== (value < 0 ? 0x80 : 0)) this.#put(value < 0 ? 0xff : 0)
    this.header(identifier, until)
  }

  /** A number from 0 to 2^32-1. */
  unsigned(value: number, identifier: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw fail('SPY_SNMP_VALUE', [value, 'Unsigned32'])
    const until = this.start
    let rest = value
    do {
      this.#put(rest & 0xff)
      rest = Math.floor(rest / 256)
    } while (rest > 0)
    if (this.bytes[this.start]! & 0x80) this.#put(0)
    this.header(identifier, until)
  }

  counter64(value: bigint): void {
    if (value < 0n || value >= 2n ** 64n) throw fail('SPY_SNMP_VALUE', [value, 'Counter64'])
    const until = this.start
    let rest = value
    do {
      this.#put(Number(rest & 0xffn))
      rest >>= 8n
    } while (rest > 0n)
    if (this.bytes[this.start]! & 0x80) this.#put(0)
    this.header(tag.counter64, until)
  }

  octets(value: Uint8Array, identifier: number = tag.octets): void {
    const until = this.start
    this.prepend(value)
    this.header(identifier, until)
  }

  oid(oid: Oid): void {
    assertOid(oid)
    const until = this.start
    for (let i = oid.length - 1; i > 1; i--) this.#subIdentifier(oid[i]!)
    this.#subIdentifier(oid[0]! * 40 + oid[1]!)
    this.header(tag.oid, until)
  }

  value(value: SnmpValue): void {
    switch (value.type) {
      case 'integer':
        return this.integer(value.value)
      case 'counter32':
      case 'gauge32':
      case 'timeTicks':
        return this.unsigned(value.value, tag[value.type])
      case 'counter64':
        return this.counter64(value.value)
      case 'oid':
        return this.oid(value.value)
      case 'ipAddress':
        if (value.value.length !== 4) throw fail('SPY_SNMP_VALUE', [`${value.value.length} bytes`, 'IpAddress'])
        return this.octets(value.value, tag.ipAddress)
      case 'octets':
      case 'opaque':
        return this.octets(value.value, tag[value.type])
      default:
        return this.header(tag[value.type], this.start)
    }
  }

  varbind({ oid, value }: Varbind): void {
    const until = this.start
    this.value(value)
    this.oid(oid)
    this.header(tag.sequence, until)
  }

  #subIdentifier(part: number): void {
    this.#put(part & 0x7f)
    for (let rest = Math.floor(part / 128); rest > 0; rest = Math.floor(rest / 128)) this.#put(0x80 | (rest & 0x7f))
  }

  /** Prepends one byte. Writing before the start of a buffer would be silently ignored, so it is checked. */
  #put(byte: number): void {
    if (this.start === 0) throw fail('SPY_SNMP_TOO_BIG', [this.bytes.length])
    this.bytes[--this.start] = byte
  }
}
