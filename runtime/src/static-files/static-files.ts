/**
 * Serves the files of a folder: ETag, Last-Modified, ranges and conditional requests (RFC 9110), an index file for folders. Hidden files
 * are not served except below `/.well-known` (RFC 8615), and nothing outside the folder is.
 */
import { realpathSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sep } from 'node:path'
import { pipeline } from 'node:stream'
import send from '@fastify/send'

export interface StaticOptions {
  /** Served for a folder. Default `index.html`. */
  readonly index?: string | undefined
  /** `max-age` of Cache-Control, in seconds. Default 0: clients ask whether the file has changed. */
  readonly maxAgeS?: number | undefined
  /** Names with a hash of the content (`app.3f9a1c2b.js`) never change: cached for a year. Default true. */
  readonly immutableHashes?: boolean
  /** File served where nothing is found, with status 200: an application of one page has its own routes. */
  readonly fallback?: string | undefined
}

/** `-` or `.`, then a hash of at least eight characters with a digit among them, then the ending. */
const HASHED = /[-.](?=[A-Za-z0-9_]*\d)[A-Za-z0-9_]{8,}\.[a-z0-9]{1,5}$/
/** No further hidden name, and nothing encoded. */
const WELL_KNOWN = /^\/\.well-known(?:\/[^./%\\][^/%\\]*)+$/
const YEAR_MS = 31_536_000_000

/** A handler of requests that serves `folder`. */
export function staticHandler(
  folder: string,
  options: StaticOptions = {},
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { index = 'index.html', maxAgeS = 0, immutableHashes = true, fallback } = options
  const root = realpathSync(folder)
  const common = { root, index, etag: true, lastModified: true } as const
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, { allow: 'GET, HEAD' })
    const path = pathOf(request)
    const isImmutable = immutableHashes && HASHED.test(path)
    const cache = isImmutable ? { maxAge: YEAR_MS, immutable: true } : { maxAge: maxAgeS * 1000 }
    const dotfiles = WELL_KNOWN.test(path) ? 'allow' : 'deny'
    compareStrongly(request)
    let result = await send(request, path, { ...common, ...cache, dotfiles })
    if (result.statusCode === 404 && fallback !== undefined) result = await send(request, `/${fallback}`, { ...common, maxAge: 0 })
    if (result.type === 'file' && !isInside(root, result.metadata.path)) return refuse(response, 404)
    if (result.statusCode >= 400 && result.statusCode !== 412 && result.statusCode !== 416) return refuse(response, result.statusCode)
    response.writeHead(result.statusCode, { 'x-content-type-options': 'nosniff', ...shownHeaders(result.headers, request) })
    pipeline(result.stream, response, () => {}) // a client that is gone needs no answer
  }
}

/** What `send` calls weak is made of size and time, which is what nginx and Apache call strong: without that, no download could be resumed by its tag. */
const WEAK = /^W\//

/** If-Range asks for a strong match (RFC 9110 section 13.1.5); `send` looks for its own tag in the text. */
function compareStrongly({ headers }: IncomingMessage): void {
  const range = headers['if-range']
  if (typeof range === 'string' && range.includes('"')) headers['if-range'] = WEAK.test(range) ? '"weak"' : `W/${range}`
}

/** As clients see them: a folder is redirected to its address with the context path and the query. */
function shownHeaders(headers: Readonly<Record<string, string | number>>, { url = '', headers: asked }: IncomingMessage) {
  const { ETag: tag, Location: location } = headers
  const question = url.indexOf('?')
  const prefix = asked['x-forwarded-prefix'] ?? ''
  return {
    ...headers,
    ...(typeof tag === 'string' ? { ETag: tag.replace(WEAK, '') } : {}),
    ...(location === undefined ? {} : { Location: `${String(prefix)}${location}${question < 0 ? '' : url.slice(question)}` }),
  }
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split(/[?#]/, 1)[0] ?? '/'

/** A link inside the folder may lead out of it. */
function isInside(root: string, path: string): boolean {
  const real = realpathSync(path)
  return real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)
}

function refuse(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const body = `${JSON.stringify({ statusCode: status, message: TEXTS[status] ?? 'the file cannot be served' })}\n`
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body), ...headers })
    .end(body)
}

const TEXTS: Readonly<Record<number, string>> = { 403: 'not served', 404: 'no such file', 405: 'only GET and HEAD' }
