/** Undoes the content encoding, within a bound: a small body may not become a large one. */
import { constants, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { promisify } from 'node:util'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

type Inflater = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const inflaters: Readonly<Record<string, Inflater>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  zstd: async (body, { maxOutputLength }) =>
    await promisify(zstdDecompress)(body, { maxOutputLength, params: { [constants.ZSTD_d_windowLogMax]: 27 } }),
}

/** @throws SPY_OTLP_ENCODING, SPY_OTLP_TOO_LARGE, SPY_OTLP_INFLATE */
export async function inflated(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') {
    if (body.length > maxBytes) throw fail('SPY_OTLP_TOO_LARGE', [maxBytes])
    return body
  }
  const inflater = Object.hasOwn(inflaters, encoding) ? inflaters[encoding] : undefined
  if (!inflater) throw fail('SPY_OTLP_ENCODING', [encoding])
  try {
    return await inflater(body, { maxOutputLength: maxBytes })
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw fail('SPY_OTLP_TOO_LARGE', [maxBytes], error)
    throw fail('SPY_OTLP_INFLATE', [error instanceof Error ? error.message : String(error)], error)
  }
}
