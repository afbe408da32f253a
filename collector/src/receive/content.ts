/** What the headers of a request say about its body (RFC 9110 §8.3 and §8.4): names in any case, media types with parameters. */
import type { IncomingHttpHeaders } from 'node:http'
import { JSON_TYPE, PROTOBUF } from './answers.ts'
import { fail } from './errors.ts'

/** `application/json` of `Application/JSON; charset=utf-8`; empty when there is none. */
export function mediaTypeOf(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

export const isJson = (headers: IncomingHttpHeaders): boolean => mediaTypeOf(headers) === JSON_TYPE

/** @throws SPY_OTLP_CONTENT_TYPE */
export function checkMediaType(headers: IncomingHttpHeaders): void {
  const type = mediaTypeOf(headers)
  if (type !== PROTOBUF && type !== JSON_TYPE) throw fail('SPY_OTLP_CONTENT_TYPE', [type === '' ? '(none)' : type.slice(0, 100)])
}

export type Encoding = 'gzip' | 'deflate' | 'zstd'

const ENCODINGS: Readonly<Record<string, Encoding>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate', zstd: 'zstd' }
/** More than one layer is odd, more than two an attack. */
const MAX_LAYERS = 2

/**
 * The encodings in the order in which they were applied.
 * @throws SPY_OTLP_ENCODING
 */
export function encodingsOf(headers: IncomingHttpHeaders): Encoding[] {
  const names = (headers['content-encoding'] ?? '').split(',').map((name) => name.trim().toLowerCase())
  const applied = names.filter((name) => name !== '' && name !== 'identity')
  const encodings = applied.flatMap((name) => (Object.hasOwn(ENCODINGS, name) ? [ENCODINGS[name] as Encoding] : []))
  if (encodings.length < applied.length || applied.length > MAX_LAYERS) throw fail('SPY_OTLP_ENCODING', [applied.join(', ').slice(0, 100)])
  return encodings
}
