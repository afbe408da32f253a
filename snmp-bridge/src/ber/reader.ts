/**
 * Reads BER within strict bounds: it never reads outside the current element, and any violation throws
 * SPY_SNMP_MALFORMED. The caller nests through `enter` and `leave`, so the code limits the depth, not the packet.
 */
import { fail } from '../errors.ts'
import { MAX_SUB_IDENTIFIERS, type Oid } from './oid.ts'
import { tag } from './tags.ts'
import type { SnmpValue } from './value.ts'

const MAX_SUB_IDENTIFIER = 0xffff_ffff

export class BerReader {
  readonly bytes: Buffer
  /** Offset of the next element. */
  position: number
  /** End of the current element. */
  limit: number

  constructor(bytes: Buffer, from = 0, to = bytes.length) {
    this.bytes = bytes
    this.position = from
    this.limit = to
  }

  get atEnd(): boolean {
    return this.position >= this.limit
  }

  /** Identifier of the next element, which must exist. */
  peek(): number {
    if (this.position >= this.limit) malformed('truncated inside an element')
    return this.bytes[this.position]!
  }

  /** Reads identifier and length. Returns the length of the content, which lies within the current element. */
  header(expected: number): number {
    const found = this.peek()
    if (found !== expected) malformed(`tag 0x${found.toString(16)} instead of 0x${expected.toString(16)}`)
    this.position++
    return this.#length()
  }

  /** Enters an element; pass the result to {@link leave}. */
  enter(expected: number): number {
    const length = this.header(expected)
    const outer = this.limit
    this.limit = this.position + length
    return outer
  }

  /** Leaves an element, which must have been read to its end. */
  leave(outer: number): void {
    if (this.position !== this.limit) malformed('trailing bytes in an element')
    this.limit = outer
  }

  /** A signed number of at most 32 bits. */
  integer(expected: number = tag.integer): number {
    const length = this.header(expected)
    if (length < 1 || length > 4) malformed(`an INTEGER of ${length} bytes`)
    const value = this.bytes.readIntBE(this.position, length)
    this.position += length
    return value
  }

  /** A number from 0 to 2^32-1. */
  unsigned(expected: number): number {
    const length = this.header(expected)
    const first = this.bytes[this.position]!
    if (length < 1 || length > 5 || (length === 5 && first !== 0)) malformed(`an unsigned number of ${length} bytes`)
    if (first & 0x80) malformed('a negative number where only unsigned is allowed')
    const value = this.bytes.readUIntBE(this.position, length)
    this.position += length
    return value
  }

  counter64(): bigint {
    const length = this.header(tag.counter64)
    const first = this.bytes[this.position]!
    if (length < 1 || length > 9 || (length === 9 && first !== 0)) malformed(`a Counter64 of ${length} bytes`)
    if (first & 0x80) malformed('a negative number where only unsigned is allowed')
    let value = 0n
    for (const end = this.position + length; this.position < end; this.position++) {
      value = (value << 8n) | BigInt(this.bytes[this.position]!)
    }
    return value
  }

  /** A view of the bytes of the packet, not a copy. */
  octets(expected: number = tag.octets): Buffer {
    const length = this.header(expected)
    const value = this.bytes.subarray(this.position, this.position + length)
    this.position += length
    return value
  }

  oid(): Oid {
    const length = this.header(tag.oid)
    if (length === 0) malformed('an empty OBJECT IDENTIFIER')
    const end = this.position + length
    const oid: number[] = []
    while (this.position < end) {
      const part = this.#subIdentifier(end)
      if (oid.length > 0) oid.push(part)
      else if (part < 80) oid.push(part < 40 ? 0 : 1, part % 40)
      else oid.push(2, part - 80)
      if (oid.length > MAX_SUB_IDENTIFIERS) malformed('an OBJECT IDENTIFIER of more than 128 numbers')
    }
    return oid
  }

  /** The value of a variable binding. */
  value(): SnmpValue {
    const found = this.peek()
    switch (found) {
      case tag.integer:
        return { type: 'integer', value: this.integer() }
      case tag.octets:
        return { type: 'octets', value: this.octets() }
      case tag.oid:
        return { type: 'oid', value: this.oid() }
      case tag.ipAddress:
        return { type: 'ipAddress', value: this.#address() }
      case tag.counter32:
        return { type: 'counter32', value: this.unsigned(found) }
      case tag.gauge32:
        return { type: 'gauge32', value: this.unsigned(found) }
      case tag.timeTicks:
        return { type: 'timeTicks', value: this.unsigned(found) }
      case tag.opaque:
        return { type: 'opaque', value: this.octets(found) }
      case tag.counter64:
        return { type: 'counter64', value: this.counter64() }
      default:
        return { type: this.#empty(found) }
    }
  }

  #empty(found: number): 'null' | 'noSuchObject' | 'noSuchInstance' | 'endOfMibView' {
    const type = EMPTY[found] ?? malformed(`an unknown type 0x${found.toString(16)}`)
    if (this.header(found) !== 0) malformed('an empty value with content')
    return type
  }

  #address(): Buffer {
    const address = this.octets(tag.ipAddress)
    if (address.length !== 4) malformed(`an IpAddress of ${address.length} bytes`)
    return address
  }

  #length(): number {
    let length = this.#byte()
    if (length & 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 4) malformed('a length of indefinite form or over 4 bytes')
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + this.#byte()
    }
    if (this.position + length > this.limit) malformed('an element longer than its parent')
    return length
  }

  #byte(): number {
    if (this.position >= this.limit) malformed('truncated inside an element')
    return this.bytes[this.position++]!
  }

  #subIdentifier(end: number): number {
    let value = 0
    if (this.bytes[this.position] === 0x80) malformed('a padded number in an OBJECT IDENTIFIER')
    for (;;) {
      if (this.position >= end) malformed('an OBJECT IDENTIFIER truncated inside a number')
      const byte = this.bytes[this.position++]!
      value = value * 128 + (byte & 0x7f)
      if (value > MAX_SUB_IDENTIFIER) malformed('a number over 2^32-1 in an OBJECT IDENTIFIER')
      if (!(byte & 0x80)) return value
    }
  }
}

const EMPTY: Readonly<Record<number, 'null' | 'noSuchObject' | 'noSuchInstance' | 'endOfMibView'>> = {
  [tag.null]: 'null',
  [tag.noSuchObject]: 'noSuchObject',
  [tag.noSuchInstance]: 'noSuchInstance',
  [tag.endOfMibView]: 'endOfMibView',
}

/** Always throws SPY_SNMP_MALFORMED. */
export function malformed(why: string): never {
  throw fail('SPY_SNMP_MALFORMED', [why])
}
