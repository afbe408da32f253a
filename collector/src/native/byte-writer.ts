/** A growing buffer, written in place and reused after `reset`: the decoders create no object per value. */

const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
/** Below this a loop beats the call into Buffer.copy. */
const SHORT_COPY = 40
const ZERO = 48
const MAX_DIGITS = 16

export class ByteWriter {
  bytes: Buffer
  length = 0

  constructor(capacity = 256) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
  }

  reset(): void {
    this.length = 0
  }

  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + count))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  varint(value: number): void {
    this.reserve(6)
    let rest = value
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.bytes[this.length++] = rest
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start
    this.reserve(count)
    const { bytes } = this
    if (count < SHORT_COPY) {
      let at = this.length
      for (let i = start; i < end; i++) bytes[at++] = source[i] as number
    } else bytes.set(source.subarray(start, end), this.length)
    this.length += count
  }

  /** The bytes preceded by their length, as a String in the Native format. */
  prefixed(source: Uint8Array, start: number, end: number): void {
    this.varint(end - start)
    this.copy(source, start, end)
  }

  /** The bytes as lower-case hexadecimal digits, preceded by their length. */
  hex(source: Uint8Array, start: number, end: number): void {
    const count = (end - start) * 2
    this.varint(count)
    this.reserve(count)
    const { bytes } = this
    let at = this.length
    for (let i = start; i < end; i++) {
      const byte = source[i] as number
      bytes[at++] = HEX[byte >> 4] as number
      bytes[at++] = HEX[byte & 15] as number
    }
    this.length = at
  }

  text(value: string): void {
    const count = Buffer.byteLength(value)
    this.varint(count)
    this.reserve(count)
    this.bytes.write(value, this.length, count, 'utf8')
    this.length += count
  }

  /** The digits of a whole number from 0 up to 2^53, preceded by their count. */
  decimal(value: number): void {
    this.reserve(MAX_DIGITS + 1)
    const { bytes } = this
    let count = 1
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) count++
    bytes[this.length++] = count
    let rest = value
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const next = Math.floor(rest / 10)
      bytes[at] = ZERO + rest - next * 10
      rest = next
    }
    this.length += count
  }

  u8(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  i16(value: number): void {
    this.reserve(2)
    this.bytes.writeInt16LE(value, this.length)
    this.length += 2
  }

  /** Unsigned or two's complement: the low 32 bits. */
  u32(value: number): void {
    this.reserve(4)
    const { bytes } = this
    let at = this.length
    bytes[at++] = value
    bytes[at++] = value >>> 8
    bytes[at++] = value >>> 16
    bytes[at++] = value >>> 24
    this.length = at
  }

  u64(low: number, high = 0): void {
    this.u32(low)
    this.u32(high)
  }

  /** A whole number as an unsigned 64-bit one; as a number exact up to 2^53. */
  whole(value: number | bigint): void {
    if (typeof value === 'number') this.u64(value >>> 0, Math.floor(value / 4_294_967_296))
    else this.u64(Number(value & 0xffffffffn), Number(value >> 32n))
  }

  f64(value: number): void {
    this.reserve(8)
    this.bytes.writeDoubleLE(value, this.length)
    this.length += 8
  }
}
