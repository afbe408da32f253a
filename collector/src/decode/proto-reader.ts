/**
 * Reads protobuf from bytes without making objects. Every length is checked against the end of the enclosing message, so no input can
 * read outside it; malformed input throws SPY_OTLP_MALFORMED. https://protobuf.dev/programming-guides/encoding/
 */
import { fail } from './errors.ts'

/** An integer of up to 64 bits: a bigint if a number cannot represent it. */
export type Whole = number | bigint

/** High word from which a 64-bit number may be beyond 2^53. */
const SAFE_HIGH = 2 ** 21

export class ProtoReader {
  buf: Buffer
  pos = 0
  /** What was wrong when SPY_OTLP_MALFORMED was last thrown, and at which byte. */
  fault = { what: '', at: 0 }

  constructor(buf: Buffer) {
    this.buf = buf
  }

  /** A varint as a number: exact up to 2^53, which covers tags, lengths and enums. */
  varint(): number {
    const { buf } = this
    let byte = buf[this.pos++] as number
    if (byte < 128) return byte
    let value = byte & 127
    let scale = 128
    for (let i = 0; i < 9; i++) {
      byte = buf[this.pos++] as number
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    return this.malformed('an unterminated varint')
  }

  /** An int64 as decimal text. */
  int64(): string {
    return String(BigInt.asIntN(64, this.#bigVarint()))
  }

  /** An exact uint64. */
  uint64(): Whole {
    const start = this.pos
    const value = this.varint()
    if (value <= Number.MAX_SAFE_INTEGER) return value
    this.pos = start
    return BigInt.asUintN(64, this.#bigVarint())
  }

  #bigVarint(): bigint {
    let value = 0n
    let shift = 0n
    for (let i = 0; i < 10; i++) {
      const byte = this.buf[this.pos++]
      if (byte === undefined) break
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
      shift += 7n
    }
    return this.malformed('an unterminated varint')
  }

  /** A sint32, which is zigzag-encoded. */
  sint32(): number {
    const raw = this.varint()
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
  }

  /** Reads a length and returns where that field ends. */
  fieldEnd(limit: number): number {
    const length = this.varint()
    const end = this.pos + length
    if (!(end <= limit)) this.malformed('a length beyond its message')
    return end
  }

  /** Steps over eight bytes and returns where they began. */
  fixed64(limit: number): number {
    const at = this.pos
    this.pos += 8
    if (this.pos > limit) this.malformed('a field beyond its message')
    return at
  }

  double(limit: number): number {
    return this.buf.readDoubleLE(this.fixed64(limit))
  }

  /** An exact unsigned fixed64. */
  unsigned64(limit: number): Whole {
    const at = this.fixed64(limit)
    const high = this.buf.readUInt32LE(at + 4)
    if (high >= SAFE_HIGH) return this.buf.readBigUInt64LE(at)
    return this.buf.readUInt32LE(at) + high * 4_294_967_296
  }

  fixed32(limit: number): number {
    const at = this.pos
    this.pos += 4
    if (this.pos > limit) this.malformed('a field beyond its message')
    return this.buf.readUInt32LE(at)
  }

  text(end: number): string {
    const value = this.buf.toString('utf8', this.pos, end)
    this.pos = end
    return value
  }

  skip(tag: number, limit: number): void {
    switch (tag & 7) {
      case 0:
        this.varint()
        break
      case 1:
        this.fixed64(limit)
        break
      case 2:
        this.pos = this.fieldEnd(limit)
        break
      case 5:
        this.fixed32(limit)
        break
      default:
        this.malformed(`wire type ${tag & 7}`)
    }
    if (this.pos > limit) this.malformed('a field beyond its message')
  }

  /** Must be called after the loop over a message. */
  close(limit: number): void {
    if (this.pos !== limit) this.malformed('a field beyond its message')
  }

  malformed(what: string): never {
    this.fault = { what, at: Math.min(this.pos, this.buf.length) }
    throw fail('SPY_OTLP_MALFORMED', [`${what} at byte ${this.fault.at}`])
  }
}
