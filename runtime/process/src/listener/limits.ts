/** How much a client may ask of a listener, and how slowly. */
import type { IncomingMessage, Server } from 'node:http'

/** Times in milliseconds. 0 switches a limit off. */
export interface ListenerLimits {
  /** Time for the headers of a request. */
  readonly headersTimeoutMs: number
  /** In each interval of this length a body must bring {@link bodyMinBytes}. */
  readonly bodyTimeoutMs: number
  readonly bodyMinBytes: number
  /** Time for a whole request, headers and body, however fast it comes. */
  readonly requestTimeoutMs: number
  /** How long a connection may wait for its next request. */
  readonly keepAliveTimeoutMs: number
  /** How long a client may take nothing of a response that waits for it. */
  readonly sendTimeoutMs: number
  readonly maxHeaderBytes: number
  readonly maxHeaderCount: number
  readonly maxBodyBytes: number
  /** Of one instance. */
  readonly maxConnections: number
  readonly maxRequestsPerConnection: number
}

/** The defaults of the settings `listeners[].limits`. */
export const defaultLimits: ListenerLimits = {
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 20_000,
  bodyMinBytes: 16, // a sensor that sends a byte each second makes progress; who holds a connection with a byte now and then does not
  requestTimeoutMs: 0,
  keepAliveTimeoutMs: 72_000, // longer than the 60 s of most load balancers, which would otherwise send on a connection being closed
  sendTimeoutMs: 60_000,
  maxHeaderBytes: 16_384,
  maxHeaderCount: 200,
  maxBodyBytes: 104_857_600,
  maxConnections: 16_384,
  maxRequestsPerConnection: 0,
}

/** Never: a number that Node's timers and checks take. */
const UNLIMITED_MS = 2 ** 31 - 1
/** Node looks for late connections only every 30 s by default; so a late one is noticed within a tenth of its limit. */
const CHECKS_PER_TIMEOUT = 10
const MAX_CHECK_MS = 30_000

/**
 * The limits of a listener are those of the server that protects it, whatever the program set. Called before it listens. What Node answers
 * without telling anybody is left to the listener.
 */
export function limitServer(server: Server, limits: ListenerLimits, acceptsUpgrade: (request: IncomingMessage) => boolean): void {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, maxHeaderBytes, maxHeaderCount } = limits
  const headersTimeout = Math.min(headersTimeoutMs || UNLIMITED_MS, requestTimeoutMs || UNLIMITED_MS)
  Object.assign(server, {
    headersTimeout,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(Math.ceil(headersTimeout / CHECKS_PER_TIMEOUT), MAX_CHECK_MS),
    maxHeaderSize: maxHeaderBytes,
    maxHeadersCount: maxHeaderCount,
    requireHostHeader: false,
    shouldUpgradeCallback: acceptsUpgrade,
  })
}

/** The server never closes an idle connection, but still says to its client what the setting is. */
export function keepIdleConnections(server: Server): void {
  const { keepAliveTimeout } = server as Server & { keepAliveTimeout: number }
  Object.assign(server, { keepAliveTimeoutBuffer: UNLIMITED_MS - keepAliveTimeout })
}
