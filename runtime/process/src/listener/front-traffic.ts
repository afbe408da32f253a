/** What stands before every application of a listener: its health, the redirect to https, compression. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isSecure } from './forwarded.ts'
import { isInner } from './inner-connection.ts'
import type { RequestEvent, Traffic } from './traffic.ts'

export interface FrontOptions {
  /** Paths that are answered whatever is deployed. Empty or undefined: none. */
  readonly healthPath?: string | undefined
  readonly readyPath?: string | undefined
  /** Why the instance cannot serve; none: it can. */
  readonly unready?: () => readonly string[]
  /** Port of the listener with TLS that requests are redirected to. */
  readonly redirectPort?: number | undefined
  /** Compresses responses, or passes them on as they are. */
  readonly compress?: ((request: IncomingMessage, response: ServerResponse, next: () => void) => void) | undefined
}

type Serve = (event: RequestEvent, request: IncomingMessage, response: ServerResponse) => void

/** What is asked, in whatever form it came. */
export interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly host: string | undefined
  readonly isSecure: boolean
}

/** An answer that needs no application. */
export interface FrontAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: string
}

/** The traffic behind all that is wanted; what is not wanted costs nothing. */
export function behindFront(traffic: Traffic, options: FrontOptions): Traffic {
  let serve: Serve = (event, request, response) => traffic.request(event, request, response)
  if (options.compress) serve = compressed(serve, options.compress)
  const answerOf = frontAnswers(options)
  if (answerOf) serve = answered(serve, answerOf, options)
  return {
    request: serve,
    upgrade: (request, socket, head) => traffic.upgrade(request, socket, head),
    acceptsUpgrade: (request) => traffic.acceptsUpgrade?.(request) ?? false,
    acceptsConnect: () => traffic.acceptsConnect?.() ?? true,
    ...(traffic.refused ? { refused: (request, response, reason) => traffic.refused?.(request, response, reason) } : {}),
    ...(traffic.unreadable ? { unreadable: (refused) => traffic.unreadable?.(refused) } : {}),
  }
}

/** Answers health and redirects; undefined where neither is wanted. */
export function frontAnswers(options: FrontOptions): ((asked: Asked) => FrontAnswer | undefined) | undefined {
  const { healthPath, readyPath, redirectPort } = options
  if (!healthPath && !readyPath && redirectPort === undefined) return undefined
  return (asked) => healthOf(asked, options) ?? (redirectPort === undefined ? undefined : redirectOf(asked, redirectPort))
}

/** Probes are answered here, and logged nowhere: they would be most of an access log. */
function healthOf({ method, url }: Asked, { healthPath, readyPath, unready = () => [] }: FrontOptions): FrontAnswer | undefined {
  if (url === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined
  if (isAt(url, healthPath)) return jsonOf(200, { status: 'ok' })
  if (!isAt(url, readyPath)) return undefined
  const reasons = unready()
  return jsonOf(reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons })
}

/** With or without a query. */
export function isAt(url: string, path: string | undefined): boolean {
  if (!path || url.length < path.length || !url.startsWith(path)) return false
  return url.length === path.length || url.charCodeAt(path.length) === QUESTION_MARK
}

const QUESTION_MARK = 63

/** 308 keeps the method and the body. What a trusted proxy got by https is served. */
function redirectOf({ host: name, url, isSecure: isServed }: Asked, port: number): FrontAnswer | undefined {
  if (isServed) return undefined
  const host = (name ?? '').replace(/:\d+$/, '')
  if (!/^(\[[0-9a-f:.]+\]|[\w.-]+)$/i.test(host)) return jsonOf(400, { code: 'SPY_REQUEST_NO_HOST' })
  const location = `https://${host}${port === 443 ? '' : `:${port}`}${url ?? '/'}`
  return { status: 308, headers: { location, 'content-length': 0 }, body: '' }
}

/** Nearly every request is for an application: most is decided by its path alone. */
function answered(serve: Serve, answerOf: (asked: Asked) => FrontAnswer | undefined, options: FrontOptions): Serve {
  const { healthPath, readyPath, redirectPort } = options
  return (event, request, response) => {
    const { url = '' } = request
    if (redirectPort === undefined && !isAt(url, healthPath) && !isAt(url, readyPath)) return serve(event, request, response)
    if (isInner(request)) return serve(event, request, response)
    const { method, headers } = request
    const answer = answerOf({ method, url: request.url, host: headers.host, isSecure: isSecure(request) })
    if (answer) response.writeHead(answer.status, answer.headers).end(answer.body)
    else serve(event, request, response)
  }
}

function compressed(serve: Serve, compress: NonNullable<FrontOptions['compress']>): Serve {
  return (event, request, response) => compress(request, response, () => serve(event, request, response))
}

function jsonOf(status: number, content: unknown): FrontAnswer {
  const body = JSON.stringify(content)
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) }, body }
}
