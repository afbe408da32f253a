/** A page as it is kept, and as it is given out. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { kept, type StoredValue } from '../stored-value.ts'
import { conditionsOf, in304, isNotModified } from './precondition.ts'
import type { Answered, Fields } from './storable.ts'

export interface Page {
  readonly status: number
  readonly fields: Fields
  readonly body: Buffer
  /** When it was new, by the clock of the cache. */
  readonly since: number
}

/** Fields that are of one connection or one request alone. */
const NOT_KEPT =
  /^(connection|keep-alive|proxy-.*|te|transfer-encoding|upgrade|content-length|age|cache-status|server-timing|traceparent|tracestate|traceresponse|x-request-id|x-correlation-id|ratelimit.*|x-ratelimit.*|retry-after)$/

const OK = 200

/** It gets a weak ETag, since its bytes may be compressed on their way. */
export function pageOf({ status, fields, body }: Answered & { readonly body: Buffer }, since: number): Page {
  const hops = new Set(
    String(fields['connection'] ?? '')
      .toLowerCase()
      .split(/\s*,\s*/),
  )
  const own = Object.fromEntries(Object.entries(fields).filter(([name]) => !NOT_KEPT.test(name) && !hops.has(name)))
  const etag = `W/"${createHash('sha256').update(body).digest('base64url')}"`
  return { status, fields: { date: new Date().toUTCString(), ...(status === OK ? { etag } : {}), ...own }, body, since }
}

const FIELD_BYTES = 64

export function storedPage(page: Page): StoredValue {
  const fields = Object.entries(page.fields).reduce((sum, [name, value]) => sum + FIELD_BYTES + 2 * (name.length + String(value).length), 0)
  return kept(page, page.body.length + fields)
}

export interface Giving {
  /** Name of the cache. */
  readonly cache: string
  readonly now: number
}

/** Answers a GET or HEAD with it; with 304 a client that has it. */
export function givePage(
  { status, fields, body, since }: Page,
  request: IncomingMessage,
  response: ServerResponse,
  { cache, now }: Giving,
): void {
  const age = Math.max(0, Math.floor((now - since) / 1000))
  const all: Fields = { ...fields, age: String(age), 'cache-status': `"${cache}"; hit` } // RFC 9111 §5.1, RFC 9211
  const conditions = conditionsOf(request.headers)
  if (status === OK && conditions && isNotModified(conditions, all)) {
    response.writeHead(304, in304(all) as Record<string, string>)
    response.end()
    return
  }
  response.writeHead(status, { ...all, 'content-length': String(body.length) } as Record<string, string>)
  response.end(request.method === 'HEAD' ? undefined : body)
}
