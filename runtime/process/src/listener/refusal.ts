/**
 * What the server answers itself, in place of an application. Each reason has its status; it is the `error.type` of the request in the access log and
 * in the aggregates, and the listener counts it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Refusal, REFUSAL } from '@spyglass/agent/contract'
import { listenerErrors } from './errors.ts'
import { Http2StreamSocket } from './http2-stream-socket.ts'

export type { Refusal } from '@spyglass/agent/contract'

interface Answer {
  readonly status: number
  readonly code: keyof typeof listenerErrors
  /** What to do, where that differs by port. */
  readonly advice?: string
}

/** Why a request is refused, with the status and the code of the answer. */
export const refusals = {
  /** The headers did not arrive within `headersTimeoutMs`. */
  request_header_timeout: { status: 408, code: 'SPY_REQUEST_TIMEOUT' },
  /** The body made no progress: less than `bodyMinBytes` in `bodyTimeoutMs`. */
  request_body_timeout: { status: 408, code: 'SPY_REQUEST_TIMEOUT' },
  /** The whole request took longer than `requestTimeoutMs`. */
  request_timeout: { status: 408, code: 'SPY_REQUEST_TIMEOUT' },
  malformed_request: { status: 400, code: 'SPY_REQUEST_MALFORMED' },
  missing_host: { status: 400, code: 'SPY_REQUEST_NO_HOST' },
  header_overflow: { status: 431, code: 'SPY_REQUEST_HEADERS_TOO_LARGE' },
  body_too_large: { status: 413, code: 'SPY_REQUEST_TOO_LARGE' },
  expectation_failed: { status: 417, code: 'SPY_REQUEST_EXPECTATION' },
  too_many_connections: { status: 503, code: 'SPY_LISTENER_FULL' },
  no_instance: { status: 503, code: 'SPY_NO_INSTANCE' },
  /** It failed to start, and the applications beside it did not. */
  application_failed: { status: 503, code: 'SPY_APPLICATION_DOWN' },
  application_disabled: { status: 503, code: 'SPY_APPLICATION_DISABLED' },
  /** The application has more requests than it can serve: its event loop is late, … */
  overloaded_loop: { status: 503, code: 'SPY_OVERLOADED' },
  /** … borrowers wait too long for a connection of one of its pools, */
  overloaded_pool: { status: 503, code: 'SPY_OVERLOADED' },
  /** its answers take too long, */
  overloaded_latency: { status: 503, code: 'SPY_OVERLOADED' },
  /** or `admission.maxInFlight` of them are under way. */
  overloaded_limit: { status: 503, code: 'SPY_OVERLOADED' },
  /** A rule of access is for the request, and nobody has signed in, … */
  sign_in_needed: { status: 401, code: 'SPY_SIGN_IN_NEEDED' },
  /** who has does not have its roles, */
  role_missing: { status: 403, code: 'SPY_ROLE_MISSING' },
  /** the answer of a provider is wrong, */
  sign_in_unfinished: { status: 400, code: 'SPY_SIGN_IN_UNFINISHED' },
  /** or the sessions or the realm cannot be asked. */
  sign_on_unknown: { status: 503, code: 'SPY_SIGN_ON_UNKNOWN' },
  rate_limited: { status: 429, code: 'SPY_RATE_LIMITED' },
  /** A rate limit denies the address. */
  address_denied: { status: 403, code: 'SPY_ADDRESS_DENIED' },
  rate_store_down: { status: 503, code: 'SPY_RATE_STORE_DOWN' },
  /** Another request for the same key (account, Idempotency-Key) is under way. */
  key_in_flight: { status: 409, code: 'SPY_REQUEST_IN_FLIGHT' },
  /** The request was carried out, but its answer cannot be repeated. No 409, which clients take for "under way". */
  idempotency_answer_lost: { status: 410, code: 'SPY_IDEMPOTENCY_ANSWER_LOST' },
  idempotency_key_reused: { status: 422, code: 'SPY_IDEMPOTENCY_KEY_REUSED' },
  queue_full: { status: 503, code: 'SPY_QUEUE_BUSY' },
  /** Its turn in a queue did not come in time. */
  queue_late: { status: 503, code: 'SPY_QUEUE_BUSY' },
  no_application: { status: 404, code: 'SPY_NO_APPLICATION' },
  foreign_origin: {
    status: 403,
    code: 'SPY_FOREIGN_ORIGIN',
    advice: 'Only pages of this port itself may call it; a program calls it without the header Origin.',
  },
  /** The same on the port that telemetry of browsers comes to. */
  foreign_telemetry: {
    status: 403,
    code: 'SPY_FOREIGN_ORIGIN',
    advice: 'Telemetry of browsers is accepted from the origins in collector.allowedOrigins.',
  },
  foreign_host: { status: 403, code: 'SPY_FOREIGN_HOST' },
  client_certificate: { status: 403, code: 'SPY_CLIENT_CERTIFICATE' },
  /** Plain HTTP on a port with TLS. */
  tls_expected: { status: 400, code: 'SPY_TLS_EXPECTED' },
  /** The application broke off before it answered. */
  bad_gateway: { status: 502, code: 'SPY_BAD_GATEWAY' },
  /** CONNECT asks for a proxy. */
  no_proxy: { status: 405, code: 'SPY_NO_PROXY' },
} as const satisfies Readonly<Record<string, Answer>>

export type RefusalReason = keyof typeof refusals

/** Seconds after which a refused client may try again. */
const RETRY_AFTER_S = '2'

/** A request that was refused before there was an object for it: what is known of it. */
export interface RefusedRequest extends Refusal {
  /** When it came, in milliseconds since the epoch. */
  readonly time: number
  readonly durationMs: number
  readonly clientAddress: string | undefined
  /** Undefined when its first line could not be read. */
  readonly method: string | undefined
  readonly url: string | undefined
  readonly httpVersion: string | undefined
  readonly userAgent?: string | undefined
  readonly referer?: string | undefined
}

/** Notes on a response why the server answers, or answered, in place of the application. */
export function markRefused(response: object, reason: string, status: number): void {
  ;(response as { [REFUSAL]?: Refusal })[REFUSAL] = { reason, status }
}

export const refusalOf = (response: object): Refusal | undefined => (response as { [REFUSAL]?: Refusal })[REFUSAL]

/** Answers a request that no application has seen, and closes the connection where its rest cannot be trusted. `more`: further fields of the answer. */
export function answerRefused(request: IncomingMessage, response: ServerResponse, reason: RefusalReason, more: Fields = {}): void {
  const { status, headers, body } = answerOf(reason)
  markRefused(response, reason, status)
  response.writeHead(status, { ...headers, ...more, ...(request.complete || isBodiless(request) ? {} : { connection: 'close' }) })
  response.end(body)
}

type Fields = Readonly<Record<string, string>>

/** `request.complete` comes only after the headers were handled. */
function isBodiless({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
}

/** How long a client may go on sending what nobody reads, so that it comes to see the answer instead of a reset connection. */
const LINGER_MS = 2000

/** Answers on the connection itself, where there is no response to use, and closes it when the client has seen the answer. */
export function answerOnSocket(socket: Duplex, reason: RefusalReason, more: Fields = {}): void {
  const { status, text, headers: own, body } = answerOf(reason)
  const headers = { ...own, ...more }
  if (socket instanceof Http2StreamSocket) return socket.answer(status, headers, body)
  const lines = linesOf({ ...headers, connection: 'close' })
  socket.removeAllListeners('data')
  socket.on('data', () => {}) // what still comes is not parsed any more
  socket.on('error', () => {}) // of an upgrade nobody listens any more, and a client that breaks off must not end the process
  // Earlier answers may still wait for their client; it has its time when the last one is sent.
  socket.end(`HTTP/1.1 ${status} ${text}\r\n${lines}\r\n${body}`, () => setTimeout(() => socket.destroy(), LINGER_MS).unref())
}

/** The answer as HTTP/1.1 has it, without a Connection field. */
export function refusalText(reason: RefusalReason, isHead: boolean): string {
  const { status, text, headers, body } = answerOf(reason)
  return `HTTP/1.1 ${status} ${text}\r\n${linesOf(headers)}\r\n${isHead ? '' : body}`
}

const linesOf = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')

interface RefusalAnswer {
  readonly status: number
  readonly text: string | undefined
  readonly headers: Fields
  readonly body: string
}

const answers = new Map<RefusalReason, RefusalAnswer>()

/** Made once: under overload most requests are answered so. */
function answerOf(reason: RefusalReason): RefusalAnswer {
  const known = answers.get(reason)
  if (known) return known
  const made = makeAnswer(reason)
  answers.set(reason, made)
  return made
}

function makeAnswer(reason: RefusalReason): RefusalAnswer {
  const { status, code, advice }: Answer = refusals[reason]
  const detail = advice === undefined ? listenerErrors[code] : `${listenerErrors[code]}. ${advice}`
  const body = `${JSON.stringify({ type: 'about:blank', title: TEXTS[status], status, detail, code })}\n`
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json', // RFC 9457
    'content-length': String(Buffer.byteLength(body)),
    'x-content-type-options': 'nosniff',
    ...(status === 503 ? { 'retry-after': RETRY_AFTER_S } : {}),
  }
  return { status, text: TEXTS[status], headers, body }
}

const TEXTS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  417: 'Expectation Failed',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}
