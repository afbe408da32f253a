/** How answers leave: compressed when the browser takes that; long ones as a stream that never stands whole in memory. */
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

const COMPRESS_FROM_BYTES = 2048
/** Higher levels cost more time than they save on loopback or a LAN. */
const LEVEL = 1
const compress = promisify(gzip)

/** Sends JSON that is made of `chunks`. When they fail midway, or the browser leaves, both sides are closed. */
export function sendStream(request: FastifyRequest, reply: FastifyReply, chunks: AsyncIterable<Uint8Array | string>): FastifyReply {
  reply.type('application/json; charset=utf-8')
  const source = Readable.from(chunks, { objectMode: false })
  if (!takesGzip(request)) return reply.send(source)
  const packed = createGzip({ level: LEVEL })
  source.on('error', (error) => packed.destroy(error))
  packed.on('close', () => source.destroy())
  return reply.header('content-encoding', 'gzip').send(source.pipe(packed))
}

/** What a text of some size becomes for a browser that takes gzip; everything else stays as it is. */
export async function compressed(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (typeof payload !== 'string' || payload.length < COMPRESS_FROM_BYTES || !takesGzip(request)) return payload
  reply.header('content-encoding', 'gzip').removeHeader('content-length')
  return compress(payload, { level: LEVEL })
}

const takesGzip = ({ headers }: FastifyRequest): boolean => /\bgzip\b/.test(headers['accept-encoding'] ?? '')
