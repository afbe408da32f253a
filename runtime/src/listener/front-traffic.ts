/** What stands before every application of a listener: its health, the redirect to https, compression. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isSecure } from './forwarded.ts'
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

/** The traffic behind all that is wanted; what is not wanted costs nothing. */
export function behindFront(traffic: Traffic, options: FrontOptions): Traffic {
  let serve: Serve = (event, request, response) => traffic.request(event, request, response)
  const { healthPath, readyPath, redirectPort, compress } = options
  if (compress) serve = compressed(serve, compress)
  if (redirectPort !== undefined) serve = redirected(serve, redirectPort)
  if (healthPath || readyPath) serve = withHealth(serve, options)
  return {
    request: serve,
    upgrade: (request, socket, head) => traffic.upgrade(request, socket, head),
    acceptsUpgrade: (request) => traffic.acceptsUpgrade?.(request) ?? false,
    ...(traffic.refused ? { refused: (request, response, reason) => traffic.refused?.(request, response, reason) } : {}),
    ...(traffic.unreadable ? { unreadable: (refused) => traffic.unreadable?.(refused) } : {}),
  }
}

/** Probes are answered here, and logged nowhere: they would be most of an access log. */
function withHealth(serve: Serve, { healthPath, readyPath, unready = () => [] }: FrontOptions): Serve {
  return (event, request, response) => {
    const { url, method } = request
    const isProbe = url !== undefined && (method === 'GET' || method === 'HEAD')
    if (isProbe && isAt(url, healthPath)) return answer(response, 200, { status: 'ok' })
    if (isProbe && isAt(url, readyPath)) {
      const reasons = unready()
      return answer(response, reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons })
    }
    serve(event, request, response)
  }
}

/** With or without a query. */
function isAt(url: string, path: string | undefined): boolean {
  if (!path || url.length < path.length || !url.startsWith(path)) return false
  return url.length === path.length || url.charCodeAt(path.length) === QUESTION_MARK
}

const QUESTION_MARK = 63

/** 308 keeps the method and the body. What a trusted proxy got by https is served. */
function redirected(serve: Serve, port: number): Serve {
  return (event, request, response) => {
    if (isSecure(request)) return serve(event, request, response)
    const host = (request.headers.host ?? '').replace(/:\d+$/, '')
    if (!/^(\[[0-9a-f:.]+\]|[\w.-]+)$/i.test(host)) return answer(response, 400, { code: 'SPY_REQUEST_NO_HOST' })
    const location = `https://${host}${port === 443 ? '' : `:${port}`}${request.url ?? '/'}`
    response.writeHead(308, { location, 'content-length': 0 }).end()
  }
}

function compressed(serve: Serve, compress: NonNullable<FrontOptions['compress']>): Serve {
  return (event, request, response) => compress(request, response, () => serve(event, request, response))
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) }).end(text)
}
