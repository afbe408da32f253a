/** Decodes the content encodings, within a limit: a small body must not become a huge one. */
import { promisify } from 'node:util'
import { constants, gunzip, inflate, zstdDecompress, type ZstdDecompress } from 'node:zlib'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { Encoding } from './content.ts'
import { fail } from './errors.ts'

type Inflater = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const inflaters: Readonly<Record<Encoding, Inflater>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  zstd: zstdFrames,
}

/** Node stops behind the first frame, but frames may follow one another (RFC 8878 §3.1). */
async function zstdFrames(body: Buffer, { maxOutputLength }: { maxOutputLength: number }): Promise<Buffer> {
  const frames: Buffer[] = []
  let size = 0
  for (let at = 0; at < body.length || frames.length === 0;) {
    const { buffer, read } = await zstdFrame(body.subarray(at), Math.max(1, maxOutputLength - size))
    if (read <= 0) break
    frames.push(buffer)
    size += buffer.length
    at += read
    if (size > maxOutputLength) throw Object.assign(new Error('too large'), { code: 'ERR_BUFFER_TOO_LARGE' })
  }
  return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames)
}

async function zstdFrame(body: Buffer, maxOutputLength: number): Promise<{ buffer: Buffer; read: number }> {
  const options = { maxOutputLength, info: true, params: { [constants.ZSTD_d_windowLogMax]: 27 } }
  // With `info` the result is the bytes and the engine, which the types do not say.
  const { buffer, engine } = (await promisify(zstdDecompress)(body, options)) as unknown as { buffer: Buffer; engine: ZstdDecompress }
  return { buffer, read: engine.bytesWritten }
}

/** @throws SPY_OTLP_TOO_LARGE, SPY_OTLP_INFLATE */
export async function inflated(body: Buffer, encodings: readonly Encoding[], maxBytes: number): Promise<Buffer> {
  let bytes = body
  for (const encoding of encodings.toReversed()) bytes = await layerOf(bytes, inflaters[encoding], maxBytes)
  return bytes
}

async function layerOf(body: Buffer, inflater: Inflater, maxBytes: number): Promise<Buffer> {
  try {
    return await inflater(body, { maxOutputLength: maxBytes })
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw fail('SPY_OTLP_TOO_LARGE', [maxBytes], error)
    throw fail('SPY_OTLP_INFLATE', [messageOf(error)], error)
  }
}
