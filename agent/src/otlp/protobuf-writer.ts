/**
 * Writes protobuf fields one after another into a growing buffer. Nested messages are written in place: one byte is kept for their
 * length and the content moves up when it turns out to need more, so no message is ever measured before it is written.
 */
const INITIAL_BYTES = 1024
const MAX_VARINT_BYTES = 10

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#length))
    this.#length = 0
    return bytes
  }

  /** A non-negative whole number up to 2^53 (uint32, uint64, enum, bool). */
  uint(field: number, value: number): void {
    this.#tag(field, WIRE.varint)
    this.#varint(value)
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0)
  }

  /** int64: negative numbers take ten bytes. */
  int64(field: number, value: number | bigint): void {
    this.#tag(field, WIRE.varint)
    if (typeof value === 'number' && value >= 0) this.#varint(value)
    else this.#bigVarint(BigInt.asUintN(64, BigInt(value)))
  }

  /** sint32 in zigzag form. */
  sint32(field: number, value: number): void {
    this.#tag(field, WIRE.varint)
    this.#varint(value < 0 ? -value * 2 - 1 : value * 2)
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, WIRE.fixed32)
    this.#reserve(4)
    this.#length = this.#buffer.writeUInt32LE(value >>> 0, this.#length)
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, WIRE.fixed64)
    this.#reserve(8)
    this.#length = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length)
  }

  double(field: number, value: number): void {
    this.#tag(field, WIRE.fixed64)
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleLE(value, this.#length)
  }

  string(field: number, value: string): void {
    const bytes = Buffer.byteLength(value)
    this.#tag(field, WIRE.bytes)
    this.#varint(bytes)
    this.#reserve(bytes)
    this.#length += this.#buffer.write(value, this.#length, bytes, 'utf8')
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, WIRE.bytes)
    this.#varint(value.length)
    this.raw(value)
  }

  /** Bytes given as hexadecimal digits. */
  hex(field: number, digits: string): void {
    const bytes = digits.length >> 1
    this.#tag(field, WIRE.bytes)
    this.#varint(bytes)
    this.#reserve(bytes)
    this.#length += this.#buffer.write(digits, this.#length, bytes, 'hex')
  }

  packedUints(field: number, values: readonly number[]): void {
    const start = this.begin(field)
    for (const value of values) this.#varint(value)
    this.end(start)
  }

  /** Fields that were encoded before. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  /** Begins a nested message; hand the result to {@link end}. */
  begin(field: number): number {
    this.#tag(field, WIRE.bytes)
    this.#reserve(1)
    return ++this.#length
  }

  end(start: number): void {
    const size = this.#length - start
    const extra = varintBytes(size) - 1
    if (extra > 0) {
      this.#reserve(extra)
      this.#buffer.copyWithin(start + extra, start, this.#length)
    }
    this.#length = start - 1
    this.#varint(size)
    this.#length += size
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire)
  }

  #varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES)
    let rest = value
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#length++] = rest
  }

  #bigVarint(value: bigint): void {
    this.#reserve(MAX_VARINT_BYTES)
    let rest = value
    while (rest > 0x7fn) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#buffer[this.#length++] = Number(rest)
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}
