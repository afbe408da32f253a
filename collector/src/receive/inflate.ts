/** Decodes the content encodings, within a limit: a small body must not become a huge one. */
import { promisify } from 'node:util'
import { constants, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { codeOf } from '@spyglass/agent/contract'
import type { Encoding } from './content.ts'
import { fail } from './errors.ts'

type Inflater = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const inflaters: Readonly<Record<Encoding, Inflater>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  zstd: async (body, { maxOutputLength }) =>
    await promisify(zstdDecompress)(body, { maxOutputLength, params: { [constants.ZSTD_d_windowLogMax]: 27 } }),
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
    throw fail('SPY_OTLP_INFLATE', [error instanceof Error ? error.message : String(error)], error)
  }
}
