/**
 * Requests with an `Idempotency-Key` are carried out once: who repeats one gets the stored answer (draft-ietf-httpapi-idempotency-key-header-07). A server error
 * is not stored: the client may try again. The handler decides, not the connection: a client that gives up and repeats is the very case that keys are for.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { clientAddressOf, refusalOf } from '@spyglass/process/listener'
import { type Middleware, middlewareOf, type Verdict } from '../middleware/index.ts'
import { Session } from '../session/index.ts'
import { type Claim, type IdempotencyStore, type KeptKey, memoryStore } from './idempotency-store.ts'
import { type Recorded, recordAnswer } from './recorded-answer.ts'

export interface IdempotentOptions<Request> {
  /** Default: {@link memoryStore}, which each instance has for itself. */
  readonly store?: IdempotencyStore
  /**
   * Whose key it is, so that nobody gets the answer of another, such as an account. Default: that of the Authorization header; without one that of our session (`session('…')` before it),
   * if it is stored; without one that of the client's address. Other cookies change by themselves, and with them it would be another key.
   */
  readonly scopeOf?: (request: Request) => string | undefined
  /** How long an answer is kept. Default: a day. */
  readonly keepMs?: number
  /** How long a request may take before its key is free again, if nothing answers it. Default: a minute. */
  readonly busyMs?: number
  /** Of larger answers only is kept that they were given: a repetition gets 410. Default: 1 MiB. */
  readonly maxBytes?: number
  /** Called when an answer could not be stored; the client has it. */
  readonly onError?: (error: unknown) => void
}

/** Methods that are idempotent by themselves (RFC 9110 section 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
const DAY_MS = 86_400_000
const SERVER_ERROR = 500

/**
 * @example
 * app.use('/orders', idempotent({ store: redisStore(redis) }).express)
 */
export function idempotent<Request = unknown>(options: IdempotentOptions<Request> = {}): Middleware<Request> {
  const { store = memoryStore(), scopeOf, keepMs = DAY_MS, busyMs = 60_000, maxBytes = 1_048_576, onError = () => {} } = options

  /** What refuses a request in place of the application, such as a queue, has not carried it out. */
  async function keep(claim: Claim, response: ServerResponse, { status, answer }: Recorded): Promise<void> {
    try {
      if (status < SERVER_ERROR && !refusalOf(response)) await store.end(claim, answer, keepMs)
      else await store.drop(claim)
    } catch (error) {
      onError(error)
    }
  }

  return middlewareOf<Request>(async (request, raw, response): Promise<Verdict> => {
    const given = raw.headers['idempotency-key']
    if (given === undefined || IDEMPOTENT.has(raw.method ?? '')) return {}
    const key = digest([scopeOf?.(request) ?? ownScope(request, raw), String(given)])
    const print = digest([raw.method ?? '', addressOf(raw), raw.headers['content-length'] ?? '', bodyOf(request)])
    const claim = { key, print, owner: randomUUID() }
    const known = await store.begin(claim, busyMs)
    if (known) return verdictOn(known, print, response)
    recordAnswer(response, maxBytes, (recorded) => void keep(claim, response, recorded))
    return { isRecorded: true }
  })
}

function ownScope(request: unknown, raw: IncomingMessage): string {
  const { authorization } = raw.headers
  if (authorization !== undefined) return `authorization ${authorization}`
  const { session } = request as { readonly session?: unknown }
  if (session instanceof Session && session.id !== undefined) return `session ${session.id}`
  return `address ${clientAddressOf(raw) ?? ''}`
}

/** Where it has been parsed. In Koa, `body` of the context is that of the response. */
function bodyOf(request: unknown): string {
  const { request: inner = request } = request as { readonly request?: unknown }
  const { body } = inner as { readonly body?: unknown }
  if (body instanceof Uint8Array) return createHash('sha256').update(body).digest('base64url')
  try {
    return JSON.stringify(body) ?? ''
  } catch {
    return '' // uploads in a circle: they are told by their length
  }
}

/** Express takes the path where a middleware is mounted out of `url`. */
const addressOf = (raw: IncomingMessage & { readonly originalUrl?: string }): string => raw.originalUrl ?? raw.url ?? ''

function verdictOn({ print, answer }: KeptKey, asked: string, response: ServerResponse): Verdict {
  if (print !== asked) return { reason: 'idempotency_key_reused' }
  if (!answer) return { reason: 'key_in_flight', fields: { 'retry-after': '1' } }
  if (answer === 'not kept') return { reason: 'idempotency_answer_lost' }
  response.writeHead(answer.status, { ...answer.headers, 'idempotency-replayed': 'true' } as Record<string, string | string[]>)
  response.end(Buffer.from(answer.body, 'base64'))
  return { isAnswered: true }
}

/** Of a list: no text of it can be made to run into the next. */
const digest = (texts: readonly string[]): string => createHash('sha256').update(JSON.stringify(texts)).digest('base64url')
