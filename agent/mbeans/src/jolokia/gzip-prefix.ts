/**
 * gzip (RFC 1952) of texts that differ only in their end: the long beginning is deflated once and flushed to a byte boundary, so that each text
 * costs only its end.
 */
import { constants, crc32, deflateRawSync } from 'node:zlib'

/** Magic number, deflate, no flags, no time, no hint, unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])

export class GzipPrefix {
  readonly #deflated: Buffer
  readonly #crc: number
  readonly #length: number

  constructor(prefix: Buffer) {
    this.#deflated = deflateRawSync(prefix, { finishFlush: constants.Z_SYNC_FLUSH })
    this.#crc = crc32(prefix)
    this.#length = prefix.length
  }

  /** The gzip file of the prefix followed by `end`. */
  with(end: Buffer): Buffer {
    const trailer = Buffer.alloc(8)
    trailer.writeUInt32LE(crc32(end, this.#crc))
    trailer.writeUInt32LE((this.#length + end.length) % 2 ** 32, 4)
    return Buffer.concat([HEADER, this.#deflated, deflateRawSync(end), trailer])
  }
}

/** Whether an Accept-Encoding header (RFC 9110 §12.5.3) names gzip, or everything, and not with the weight 0. */
export function acceptsGzip(header: string | readonly string[] | undefined): boolean {
  const codings = String(header ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.replaceAll(/\s/g, '').split(';q='))
  const found = codings.find(([name]) => name === 'gzip' || name === 'x-gzip') ?? codings.find(([name]) => name === '*')
  return found !== undefined && Number(found[1] ?? 1) > 0
}
