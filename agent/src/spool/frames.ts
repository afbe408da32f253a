/**
 * Frames of a spool file. Each is `magic u32, payload length u32, CRC-32 u32, generation u32, type u32, payload`, all little-endian; the
 * CRC covers what follows it. A frame that is damaged is skipped: a reader looks for the next magic.
 */
import process from 'node:process'

export const FRAME = { header: 1, base: 2, records: 3, batch: 4, done: 5, series: 6, running: 7, state: 8, end: 9, body: 10 } as const
export type FrameType = (typeof FRAME)[keyof typeof FRAME]

const MAGIC = 0x4650_5953
const MAGIC_BYTES = Buffer.from('SYPF')
const HEAD_BYTES = 20
const CHECKED_FROM = 12
const FIRST_BYTES = 4096

/** Loaded with the first frame: few applications have it when they start. */
const crc32 = (bytes: Buffer): number => process.getBuiltinModule('node:zlib').crc32(bytes)

export interface Frame {
  readonly type: number
  readonly generation: number
  readonly payload: Buffer
}

/** Frames written one after another into a growing buffer that is used again. */
export class FrameWriter {
  #buffer = Buffer.alloc(FIRST_BYTES)
  /** The same bytes. Most of this code runs so seldom that it is interpreted, and a Buffer's own methods are slow then. */
  #view = viewOf(this.#buffer)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What was written since the last {@link clear}: a view that the next write may change. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  /** Begins a frame; hand the result to {@link end}. */
  begin(type: FrameType): number {
    this.#reserve(HEAD_BYTES)
    const start = this.#length
    this.#view.setUint32(start, MAGIC, true)
    this.#view.setUint32(start + 16, type, true)
    this.#length += HEAD_BYTES
    return start
  }

  end(start: number, generation: number): void {
    this.#view.setUint32(start + 4, this.#length - start - HEAD_BYTES, true)
    this.#view.setUint32(start + 12, generation, true)
    this.#view.setUint32(start + 8, crc32(this.#buffer.subarray(start + CHECKED_FROM, this.#length)), true)
  }

  uint(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
  }

  /** Their bytes as they are in memory, with their length before them: a spool is read on the machine that wrote it. */
  doubles(values: Float64Array): void {
    this.block(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }

  /** Bytes preceded by their length. */
  block(bytes: Uint8Array): void {
    this.uint(bytes.length)
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  json(value: unknown): void {
    this.block(Buffer.from(JSON.stringify(value)))
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const grown = Buffer.alloc(Math.max(this.#length + bytes, this.#buffer.length * 2))
    grown.set(this.bytes)
    this.#buffer = grown
    this.#view = viewOf(grown)
  }
}

/** Reads what a {@link FrameWriter} wrote into a payload. Its CRC holds, so what is written is there. */
export class PayloadReader {
  readonly #payload: Buffer
  #at = 0

  constructor(payload: Buffer) {
    this.#payload = payload
  }

  uint(): number {
    this.#at += 4
    return this.#payload.readUInt32LE(this.#at - 4)
  }

  doubles(): Float64Array {
    return new Float64Array(Uint8Array.from(this.block()).buffer)
  }

  block(): Buffer {
    const length = this.uint()
    this.#at += length
    return this.#payload.subarray(this.#at - length, this.#at)
  }

  json(): unknown {
    return JSON.parse(this.block().toString())
  }

  /** What has not been read. */
  rest(): Buffer {
    return this.#payload.subarray(this.#at)
  }
}

/** All frames that hold, in their order. */
export function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let at = bytes.indexOf(MAGIC_BYTES); at >= 0;) {
    const end = endOfFrame(bytes, at)
    if (end !== undefined) {
      const payload = bytes.subarray(at + HEAD_BYTES, end)
      frames.push({ type: bytes.readUInt32LE(at + 16), generation: bytes.readUInt32LE(at + 12), payload })
    }
    at = bytes.indexOf(MAGIC_BYTES, end ?? at + 1)
  }
  return frames
}

/** Undefined: what begins here is not a frame, or is torn. */
export function endOfFrame(bytes: Buffer, at: number): number | undefined {
  if (at + HEAD_BYTES > bytes.length) return undefined
  const end = at + HEAD_BYTES + bytes.readUInt32LE(at + 4)
  if (end > bytes.length) return undefined
  return crc32(bytes.subarray(at + CHECKED_FROM, end)) === bytes.readUInt32LE(at + 8) ? end : undefined
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
