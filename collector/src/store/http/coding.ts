/** Content codings (RFC 9110 §8.4) of requests and answers. */
import type { Transform } from 'node:stream'
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createGunzip,
  createGzip,
  createInflate,
  createZstdCompress,
  createZstdDecompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { refuse } from '../clickhouse-error.ts'

export type Coding = 'gzip' | 'zstd' | 'br' | 'deflate'

interface Coder {
  readonly encode: (level: number) => Transform
  readonly whole: (bytes: Buffer) => Buffer
  readonly decode: () => Transform
}

/** In the order of our choice when a client has none. */
const CODERS: Readonly<Record<Coding, Coder>> = {
  gzip: { encode: (level) => createGzip({ level }), whole: (bytes) => gzipSync(bytes), decode: createGunzip },
  zstd: {
    encode: (level) => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } }),
    whole: (bytes) => zstdCompressSync(bytes),
    decode: createZstdDecompress,
  },
  br: {
    encode: (level) => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: level } }),
    whole: (bytes) => brotliCompressSync(bytes),
    decode: createBrotliDecompress,
  },
  deflate: { encode: (level) => createDeflate({ level }), whole: (bytes) => deflateSync(bytes), decode: createInflate },
}
const CODINGS = Object.keys(CODERS) as Coding[]

/** What an Accept-Encoding header (RFC 9110 §12.5.3) prefers among what we can; undefined when nothing may be compressed. */
export function preferredCoding(header: string | readonly string[] | undefined): Coding | undefined {
  const weights = new Map<string, number>()
  for (const part of String(header ?? '').split(',')) {
    const [name = '', weight] = part.toLowerCase().replaceAll(/\s/g, '').split(';q=')
    weights.set(name === 'x-gzip' ? 'gzip' : name, Number(weight ?? 1))
  }
  const weightOf = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0
  const best = CODINGS.reduce((chosen, coding) => (weightOf(coding) > weightOf(chosen) ? coding : chosen))
  return weightOf(best) > 0 ? best : undefined
}

/** Compresses; `level` is 1 to 9. */
export const encoderOf = (coding: Coding, level: number): Transform => CODERS[coding].encode(level)

/** Compresses a short text at once. */
export const encodeWhole = (coding: Coding, bytes: Buffer): Buffer => CODERS[coding].whole(bytes)

/**
 * Decompresses a body with this Content-Encoding; undefined for one that is not compressed.
 * @throws ClickhouseError 36 for a coding that is not known.
 */
export function decoderOf(header: string | undefined): Transform | undefined {
  const name = header?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return undefined
  const coding = CODINGS.find((each) => each === name || (each === 'gzip' && name === 'x-gzip'))
  if (!coding) throw refuse('BAD_ARGUMENTS', `Unknown Content-Encoding: ${name}; ${CODINGS.join(', ')} are supported`)
  return CODERS[coding].decode()
}

/** Whether a decompressor failed because of what it was given. */
export const isDamaged = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^(Z_|ZSTD_|ERR_ZSTD|ERR__ERROR_|ERR_BROTLI)/.test(error.code)
