/** Reads the whole request body, within a limit that also applies after decompression. */
import type { Readable } from 'node:stream'
import { fromEngine, refuse } from '../clickhouse-error.ts'
import { decoderOf, isDamaged } from './coding.ts'

/** @throws ClickhouseError 218 when it is too large, 36 for an encoding that is not known, 117 when it cannot be decompressed. */
export async function readBody(source: Readable, encoding: string | undefined, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of decoded(source, encoding)) {
      size += (chunk as Buffer).length
      if (size > maxBytes) throw refuse('QUERY_IS_TOO_LARGE', `The body is larger than ${maxBytes} bytes`)
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    throw isDamaged(error) ? refuse('INCORRECT_DATA', 'The body cannot be decompressed', error) : fromEngine(error)
  }
  return Buffer.concat(chunks)
}

function decoded(source: Readable, encoding: string | undefined): AsyncIterable<unknown> {
  const decoder = decoderOf(encoding)
  if (!decoder) return source
  source.on('error', (error) => decoder.destroy(error))
  return source.pipe(decoder)
}
