/**
 * Follows the frames of one direction of a WebSocket connection (RFC 6455 section 5.2) without keeping them: where messages end, with which
 * code it closes, and whether a frame may be put in between. Extensions that compress leave all of that readable.
 */

/** Longest header: two bytes, a length of eight, a mask of four. */
const MAX_HEADER = 14
const FIN = 0x80
const MASKED = 0x80
const CLOSE = 8

/** Close without a code, and an end without a close (RFC 6455 section 7.1.5). */
export const NO_CODE = 1005
export const ABNORMAL = 1006

export class FrameReader {
  /** Messages whose last frame has begun. */
  messages = 0
  /** The code of the Close frame; undefined before there is one. */
  closeCode: number | undefined
  readonly #header = new Uint8Array(MAX_HEADER)
  #have = 0
  #need = 2
  /** Of the payload of the current frame. */
  #remaining = 0
  /** First two bytes of the payload of a Close frame. */
  #code: number[] = []

  /** Whether the last byte read was the last of a frame. */
  get isBetweenFrames(): boolean {
    return this.#have === 0 && this.#remaining === 0
  }

  read(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#remaining > 0) at += this.#skip(chunk, at)
      else this.#headerByte(chunk[at++] ?? 0)
    }
  }

  #skip(chunk: Uint8Array, at: number): number {
    const length = Math.min(this.#remaining, chunk.length - at)
    if (this.#opcode === CLOSE) for (let i = 0; i < length && this.#code.length < 2; i++) this.#code.push(chunk[at + i] ?? 0)
    this.#remaining -= length
    if (this.#remaining === 0) this.#frameEnded()
    return length
  }

  #headerByte(byte: number): void {
    this.#header[this.#have++] = byte
    if (this.#have === 2) this.#need = 2 + lengthBytes(byte & 0x7f) + (byte & MASKED ? 4 : 0)
    if (this.#have < this.#need) return
    this.#remaining = this.#payloadLength()
    if (this.#opcode < CLOSE && (this.#header[0] ?? 0) & FIN) this.messages++
    if (this.#remaining === 0) this.#frameEnded()
  }

  get #opcode(): number {
    return (this.#header[0] ?? 0) & 0x0f
  }

  #payloadLength(): number {
    const short = (this.#header[1] ?? 0) & 0x7f
    let length = 0
    for (let i = 0; i < lengthBytes(short); i++) length = length * 256 + (this.#header[2 + i] ?? 0)
    return short < 126 ? short : length
  }

  #frameEnded(): void {
    if (this.#opcode === CLOSE) this.closeCode ??= this.#readCode()
    this.#have = 0
    this.#need = 2
    this.#code = []
  }

  #readCode(): number {
    const [high, low] = this.#code
    if (high === undefined || low === undefined) return NO_CODE
    const isMasked = ((this.#header[1] ?? 0) & MASKED) !== 0
    const mask = isMasked ? this.#header.subarray(this.#need - 4, this.#need - 2) : [0, 0]
    return ((high ^ (mask[0] ?? 0)) << 8) | (low ^ (mask[1] ?? 0))
  }
}

function lengthBytes(short: number): number {
  if (short === 126) return 2
  return short === 127 ? 8 : 0
}
