/**
 * Limits that protect our HTTP servers against slow clients, in one place, so that they are the same on every port. Node looks for connections
 * that are late only every 30 s by default, and Fastify switches some of Node's limits off.
 */

/** Default of the setting `server.headersTimeoutMs`. */
export const HEADERS_TIMEOUT_MS = 10_000

/** A late connection is noticed within a tenth of its limit. */
const CHECKS_PER_TIMEOUT = 10

export interface HttpLimitOptions {
  /** Time for the whole request, headers and body. */
  readonly requestTimeoutMs: number
  /** How long a connection may wait for its next request. */
  readonly keepAliveTimeoutMs: number
  /** Time for the headers; at most the time for the request. Default {@link HEADERS_TIMEOUT_MS}. */
  readonly headersTimeoutMs?: number | undefined
  /** Largest headers in all. Default 16 384. */
  readonly maxHeaderBytes?: number
}

export interface NodeLimits {
  readonly requestTimeout: number
  readonly headersTimeout: number
  readonly keepAliveTimeout: number
  readonly connectionsCheckingInterval: number
  readonly maxHeaderSize: number
}

/** Options for `http.createServer`. */
export function nodeLimits(options: HttpLimitOptions): NodeLimits {
  const { requestTimeoutMs, keepAliveTimeoutMs, headersTimeoutMs = HEADERS_TIMEOUT_MS, maxHeaderBytes = 16_384 } = options
  const headersTimeout = Math.min(headersTimeoutMs, requestTimeoutMs)
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.ceil(headersTimeout / CHECKS_PER_TIMEOUT),
    maxHeaderSize: maxHeaderBytes,
  }
}

export interface FastifyLimits {
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  /** Silence after which a connection is closed, whatever it is in the middle of. */
  readonly connectionTimeout: number
  readonly http: Omit<NodeLimits, 'requestTimeout' | 'keepAliveTimeout'>
}

/** Options for `fastify()`. */
export function fastifyLimits(options: HttpLimitOptions): FastifyLimits {
  const { requestTimeout, keepAliveTimeout, ...http } = nodeLimits(options)
  return { requestTimeout, keepAliveTimeout, connectionTimeout: requestTimeout * 2, http }
}
