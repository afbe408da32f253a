/**
 * Requests with an `Idempotency-Key` are carried out once: who repeats one gets the stored answer (draft-ietf-httpapi-idempotency-key-header-07). A server error
 * is not stored: the client may try again.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Middleware, middlewareOf, type Verdict } from '../middleware/index.ts'
import { type IdempotencyStore, type KeptKey, memoryStore, type StoredAnswer } from './idempotency-store.ts'
import { recordAnswer } from './recorded-answer.ts'

export interface IdempotentOptions<Request> {
  /** Default: {@link memoryStore}, which each instance has for itself. */
  readonly store?: IdempotencyStore
  /** Whose key it is, so that nobody gets the answer of another. Default: clients with the same Authorization and Cookie headers. */
  readonly scopeOf?: (request: Request) => string | undefined
  /** How long an answer is kept. Default: a day. */
  readonly keepMs?: number
  /** How long a request may take before its key is free again. Default: a minute. */
  readonly busyMs?: number
  /** Larger answers are not kept. Default: 1 MiB. */
  readonly maxBytes?: number
  /** Called when an answer could not be stored; the client has it. */
  readonly onError?: (error: unknown) => void
}

/** Methods that are idempotent by themselves (RFC 9110 section 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
const DAY_MS = 86_400_000

/**
 * @example
 * app.use('/orders', idempotent({ store: redisStore(redis) }).express)
 */
export function idempotent<Request = unknown>(options: IdempotentOptions<Request> = {}): Middleware<Request> {
  const { store = memoryStore(), scopeOf, keepMs = DAY_MS, busyMs = 60_000, maxBytes = 1_048_576, onError = () => {} } = options

  function keep(key: string, print: string, answer: StoredAnswer | undefined): void {
    const isKept = answer !== undefined && answer.status < 500
    const kept: KeptKey = isKept ? { print, answer } : { print }
    void Promise.resolve(isKept ? store.end(key, kept, keepMs) : store.drop(key)).catch(onError)
  }

  return middlewareOf<Request>(async (request, raw, response): Promise<Verdict> => {
    const given = raw.headers['idempotency-key']
    if (given === undefined || IDEMPOTENT.has(raw.method ?? '')) return {}
    const { authorization = '', cookie = '' } = raw.headers
    const key = digest([scopeOf?.(request) ?? `${authorization}\n${cookie}`, String(given)])
    const print = digest([raw.method ?? '', addressOf(raw), raw.headers['content-length'] ?? ''])
    const known = await store.begin(key, print, busyMs)
    if (known) return verdictOn(known, print, response)
    recordAnswer(response, maxBytes, (answer) => keep(key, print, answer))
    return {}
  })
}

/** Express takes the path where a middleware is mounted out of `url`. */
const addressOf = (raw: IncomingMessage & { readonly originalUrl?: string }): string => raw.originalUrl ?? raw.url ?? ''

function verdictOn({ print, answer }: KeptKey, asked: string, response: ServerResponse): Verdict {
  if (print !== asked) return { reason: 'idempotency_key_reused' }
  if (!answer) return { reason: 'key_in_flight', fields: { 'retry-after': '1' } }
  response.writeHead(answer.status, { ...answer.headers, 'idempotency-replayed': 'true' } as Record<string, string | string[]>)
  response.end(Buffer.from(answer.body, 'base64'))
  return { isAnswered: true }
}

/** Of a list: no text of it can be made to run into the next. */
const digest = (texts: readonly string[]): string => createHash('sha256').update(JSON.stringify(texts)).digest('base64url')
