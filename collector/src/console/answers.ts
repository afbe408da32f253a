/** How responses are sent: compressed if the browser accepts it; long ones streamed, never held in memory as a whole. */
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

const COMPRESS_FROM_BYTES = 2048
/** Higher levels cost more time than they save on loopback or a LAN. */
const LEVEL = 1
const compress = promisify(gzip)

/** Sends JSON built from `chunks`. If they fail midway, or the browser disconnects, both sides are closed. */
export function sendStream(request: FastifyRequest, reply: FastifyReply, chunks: AsyncIterable<Uint8Array | string>): FastifyReply {
  reply.type('application/json; charset=utf-8')
  const source = Readable.from(chunks, { objectMode: false })
  if (!takesGzip(request)) return reply.send(source)
  const packed = createGzip({ level: LEVEL })
  source.on('error', (error) => packed.destroy(error))
  packed.on('close', () => source.destroy())
  return reply.header('content-encoding', 'gzip').send(source.pipe(packed))
}

/** The encoding of a text of this size for a browser that accepts gzip; everything else is sent unchanged. */
export async function compressed(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (typeof payload !== 'string' || payload.length < COMPRESS_FROM_BYTES || !takesGzip(request)) return payload
  reply.header('content-encoding', 'gzip').removeHeader('content-length')
  return compress(payload, { level: LEVEL })
}

const takesGzip = ({ headers }: FastifyRequest): boolean => /\bgzip\b/.test(headers['accept-encoding'] ?? '')
