/** Reads the fields of a protobuf message one by one, without exceptions and objects: it holds the position of the current field. */

export class Wire {
  buf: Buffer = Buffer.alloc(0)
  tag = 0
  /** Position of the field's length, for length-delimited fields. */
  lengthAt = 0
  /** Start of the content of a length-delimited field, or of the value of a fixed or varint field. */
  start = 0
  /** Index after the field. */
  end = 0
  /** Value of a varint field, rounded above 2^53. */
  number = 0
  #pos = 0

  /** Reads the field at `pos` of a message that ends at `limit`; false if there is no readable field. */
  field(pos: number, limit: number): boolean {
    this.#pos = pos
    const tag = this.#varint(limit)
    this.tag = tag
    this.lengthAt = this.#pos
    switch (tag & 7) {
      case 2: {
        const length = this.#varint(limit)
        this.start = this.#pos
        this.end = this.#pos + length
        return length >= 0 && this.end <= limit
      }
      case 0:
        this.start = this.#pos
        this.number = this.#varint(limit)
        this.end = this.#pos
        return this.number >= 0
      case 1:
        return this.#fixed(8, limit)
      case 5:
        return this.#fixed(4, limit)
      default:
        return false
    }
  }

  /** The varint of the current field, exactly. */
  bigNumber(): bigint {
    let value = 0n
    for (let at = this.end - 1; at >= this.start; at--) value = (value << 7n) | BigInt((this.buf[at] as number) & 127)
    return BigInt.asIntN(64, value)
  }

  #fixed(size: number, limit: number): boolean {
    this.start = this.#pos
    this.end = this.#pos + size
    return this.end <= limit
  }

  /** -1 if it does not end before the limit. */
  #varint(limit: number): number {
    const { buf } = this
    let byte = buf[this.#pos++] as number
    if (byte < 128) return this.#pos <= limit ? byte : -1
    let value = byte & 127
    let scale = 128
    for (let i = 0; i < 9; i++) {
      if (this.#pos >= limit) return -1
      byte = buf[this.#pos++] as number
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    return -1
  }
}
