/**
 * The HTTP server of one instance on the sockets that it is given: limits, TLS, HTTP/2, proxies in front, and what the server answers itself. It can stop
 * accepting without resetting anyone: closing its own copy of a socket leaves the original open, and the next generation takes what waits in
 * the queue. Read progress.ts for slow clients, refusal.ts for the answers, http2-sessions.ts for HTTP/2.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import net, { type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { codeOf } from '@spyglass/agent/contract'
import type { AddressList } from './address-list.ts'
import { limitChunkedBody, statedLength } from './body-limit.ts'
import { readForwarded } from './forwarded.ts'
import { Http2Sessions } from './http2-sessions.ts'
import { defaultLimits, type ListenerLimits, serverOptions } from './limits.ts'
import { Connection, sweepMs } from './progress.ts'
import { acceptProxied, inheritAddresses } from './proxied-connections.ts'
import { answerOnSocket, answerRefused, markRefused, type RefusalReason, refusals, type RefusedRequest } from './refusal.ts'
import { type RequestLine, requestLineOf } from './request-line.ts'
import type { TlsCertificates } from './tls-certificates.ts'

export interface ListenerCounts {
  readonly connections: number
  readonly accepted: number
  readonly requests: number
  /** Requests and connections that the listener refused itself: all, those too slow (408), malformed or too large (400, 413, 431), and above a limit (503). */
  readonly refused: number
  readonly timedOut: number
  readonly malformed: number
  readonly overLimit: number
  readonly bytesReceived: number
  readonly bytesSent: number
}

export type ListenerState = 'open' | 'draining' | 'closed'

/** What becomes of the requests. */
export interface ListenerHooks {
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void
  /** The request is refused: answer it by {@link answerRefused}, which is the default. */
  readonly onRefused?: (request: IncomingMessage, response: ServerResponse, reason: RefusalReason) => void
  /** A request was refused before it could be read; it has been answered. */
  readonly onUnreadable?: (refused: RefusedRequest) => void
  /** Whether a request to change the protocol is passed to `onUpgrade`; otherwise it is a request like any other (RFC 9110 section 7.8). */
  readonly acceptsUpgrade?: (request: IncomingMessage) => boolean
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

export interface ListenerOptions extends ListenerHooks {
  readonly limits?: Partial<ListenerLimits>
  readonly tls?: { readonly certificates: TlsCertificates; readonly http2: boolean }
  /** Who is believed what X-Forwarded-… and PROXY headers say. Undefined: nobody is asked, and headers stay as they are. */
  readonly trustedProxies?: AddressList
  /** Whether each connection begins with a PROXY header. */
  readonly proxyProtocol?: boolean
}

/** Clients that keep a connection idle have this long to send a last request, answered with `Connection: close`. */
const IDLE_GRACE_MS = 500
const CONNECTION = Symbol('spyglass.connection')

type Tracked = Duplex & { [CONNECTION]?: Connection }

export class HttpListener {
  state: ListenerState = 'closed'
  readonly limits: ListenerLimits
  readonly #options: ListenerOptions
  readonly #server: http.Server
  readonly #http2: Http2Sessions
  readonly #acceptors: net.Server[] = []
  readonly #open = new Map<Duplex, Connection>()
  readonly #streams = new Set<Connection>()
  #sweeping: NodeJS.Timeout | undefined
  #sweptAt = 0
  #ownTimeMs = 0
  #accepted = 0
  /** Of those accepted, also those whose TLS handshake is under way. */
  #ended = 0
  #requests = 0
  #refused = { refused: 0, timedOut: 0, malformed: 0, overLimit: 0 }
  /** Of connections that have ended. */
  #received = 0
  #sent = 0
  #mostSent = 0

  constructor(options: ListenerOptions) {
    this.#options = options
    this.limits = { ...defaultLimits, ...options.limits }
    this.#server = options.tls ? this.#secureServer(options.tls) : http.createServer(this.#serverOptions())
    this.#server.maxHeadersCount = this.limits.maxHeaders
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => this.#onRequest(request, response)
    this.#server.on('request', onRequest)
    this.#server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
      this.#refuse(request, response, 'expectation_failed'),
    )
    this.#server.on('clientError', (error: Error, socket: Duplex) => this.#onClientError(error, socket as Socket))
    this.#server.on('connect', (_request: IncomingMessage, socket: Duplex) => answerOnSocket(socket, 'no_proxy'))
    if (options.onUpgrade) this.#server.on('upgrade', options.onUpgrade)
    this.#http2 = new Http2Sessions({
      server: this.#server,
      limits: this.limits,
      onStream: (socket) => this.#track(socket, this.#streams),
      onRequest,
    })
  }

  get counts(): ListenerCounts {
    let bytesReceived = this.#received
    let bytesSent = this.#sent
    for (const { socket } of this.#open.values()) {
      bytesReceived += socket.bytesRead
      bytesSent += socket.bytesWritten
    }
    // A socket counts what waits to be sent as well, and no longer when it breaks off; a counter never goes back.
    this.#mostSent = Math.max(this.#mostSent, bytesSent)
    return {
      connections: this.#open.size,
      accepted: this.#accepted,
      requests: this.#requests,
      ...this.#refused,
      bytesReceived,
      bytesSent: this.#mostSent,
    }
  }

  /** Begins to accept on a socket: a handle, or whatever else `net.Server` listens on. Called once for each address. */
  async listen(handle: unknown): Promise<void> {
    const acceptor = net.createServer({ allowHalfOpen: !this.#options.tls, noDelay: true }, (socket) => this.#accept(socket))
    await new Promise<void>((resolve, reject) => {
      acceptor.once('error', reject)
      acceptor.listen(handle, resolve)
    })
    this.#acceptors.push(acceptor)
    if (this.state === 'open') return
    this.state = 'open'
    this.#server.emit('listening') // Node's checks for late requests begin with it
    this.#sweptAt = performance.now()
    this.#sweeping = setInterval(() => this.#sweep(), sweepMs(this.limits)).unref()
  }

  /** Reads certificates whose files have changed. New connections get them. @throws SPY_TLS_…; then the old ones stay */
  reloadCertificates(): boolean {
    const { tls } = this.#options
    if (!tls?.certificates.reload()) return false
    ;(this.#server as https.Server).setSecureContext(tls.certificates.first.options)
    return true
  }

  /**
   * Stops accepting at once, lets clients finish, then closes what is idle; settles when nothing is open or the deadline has passed, with the number of
   * requests that were cut. Idle connections are not closed at once, since their clients may be about to send.
   */
  async drain(deadlineMs: number): Promise<number> {
    this.state = 'draining'
    let cut = 0
    const closed = Promise.all(this.#acceptors.map((acceptor) => new Promise((resolve) => acceptor.close(resolve))))
    this.#http2.close()
    const idle = setInterval(() => this.#server.closeIdleConnections(), IDLE_GRACE_MS)
    const late = setTimeout(() => (cut = this.#cutAll()), deadlineMs)
    await closed
    clearInterval(idle)
    clearTimeout(late)
    clearInterval(this.#sweeping)
    this.#server.close()
    this.state = 'closed'
    return cut
  }

  #serverOptions(): http.ServerOptions {
    const { acceptsUpgrade, onUpgrade } = this.#options
    return {
      ...serverOptions(this.limits),
      shouldUpgradeCallback: (request: IncomingMessage) => onUpgrade !== undefined && (acceptsUpgrade?.(request) ?? true),
    }
  }

  /** The handshake tells which protocol the connection speaks: HTTP/1.1 is left to Node's own server. */
  #secureServer({ certificates, http2 }: NonNullable<ListenerOptions['tls']>): http.Server {
    const server = https.createServer({
      ...this.#serverOptions(),
      ...certificates.first.options,
      ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      handshakeTimeout: this.limits.headersTimeoutMs || undefined,
      SNICallback: (servername, done) => done(null, certificates.for(servername).context),
    })
    const [overHttp1] = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[]
    server.removeAllListeners('secureConnection')
    server.on('secureConnection', (socket: TLSSocket) => {
      inheritAddresses(socket)
      this.#track(socket)
      if (socket.alpnProtocol === 'h2') this.#http2.serve(socket)
      else overHttp1?.call(server, socket)
    })
    server.on('tlsClientError', (_error: Error, socket: TLSSocket) => socket.destroy())
    return server
  }

  #accept(socket: Socket): void {
    this.#accepted++
    socket.once('close', () => this.#ended++)
    const { maxConnections, headersTimeoutMs } = this.limits
    if (maxConnections > 0 && this.#accepted - this.#ended > maxConnections) return this.#turnAway(socket)
    if (!this.#options.proxyProtocol) return this.#begin(socket)
    const { trustedProxies } = this.#options
    if (!trustedProxies) return void socket.destroy()
    acceptProxied(socket, {
      trusted: trustedProxies,
      timeoutMs: headersTimeoutMs || defaultLimits.headersTimeoutMs,
      onConnection: () => this.#begin(socket),
      onRefused: () => this.#count('malformed_request'),
    })
  }

  #begin(socket: Socket): void {
    if (!this.#options.tls) this.#track(socket)
    this.#server.emit('connection', socket)
  }

  /** One connection too many: told so where that is possible without a handshake. */
  #turnAway(socket: Socket): void {
    socket.on('error', () => {})
    if (this.#options.tls || this.#options.proxyProtocol) {
      this.#count('too_many_connections')
      return void socket.destroy()
    }
    this.#tellUnreadable(new Connection(socket, performance.now()), 'too_many_connections', {})
    answerOnSocket(socket, 'too_many_connections')
  }

  #track(socket: Duplex, streams?: Set<Connection>): void {
    const connection = new Connection(socket as Socket, performance.now())
    ;(socket as Tracked)[CONNECTION] = connection
    if (streams) {
      streams.add(connection)
      socket.once('close', () => streams.delete(connection))
      return
    }
    this.#open.set(socket, connection)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#received += connection.socket.bytesRead
      this.#sent += connection.socket.bytesWritten
    })
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#requests++
    const connection = (request.socket as Tracked)[CONNECTION]
    if (connection) connection.response = response
    if (this.state === 'draining' && request.httpVersionMajor === 1) response.setHeader('connection', 'close')
    const { trustedProxies, onRequest } = this.#options
    if (trustedProxies) readForwarded(request, trustedProxies)
    const reason = this.#reasonAgainst(request, connection)
    if (reason) this.#refuse(request, response, reason)
    else onRequest(request, response)
  }

  #reasonAgainst(request: IncomingMessage, connection: Connection | undefined): RefusalReason | undefined {
    if (request.headers.host === undefined && request.httpVersion === '1.1') return 'missing_host'
    const { maxBodyBytes, maxRequestsPerConnection } = this.limits
    if (maxRequestsPerConnection > 0 && connection && ++connection.requests >= maxRequestsPerConnection)
      connection.response?.setHeader('connection', 'close')
    if (maxBodyBytes > 0) {
      const length = statedLength(request)
      if (length > maxBodyBytes) return 'body_too_large'
      if (length < 0 && connection) limitChunkedBody(request, maxBodyBytes, () => this.#cut(connection, 'body_too_large'))
    }
    return undefined
  }

  #refuse(request: IncomingMessage, response: ServerResponse, reason: RefusalReason): void {
    this.#count(reason)
    const { onRefused = answerRefused } = this.#options
    onRefused(request, response, reason)
  }

  /** Ends a request that an application is serving already. */
  #cut(connection: Connection, reason: RefusalReason): void {
    const { response, socket } = connection
    if (connection.isRefused || !response) return
    connection.isRefused = true
    this.#count(reason)
    if (response.headersSent) {
      markRefused(response, reason, response.statusCode)
      socket.destroy()
    } else {
      markRefused(response, reason, refusals[reason].status)
      answerOnSocket(socket, reason)
    }
  }

  #onClientError(error: Error, socket: Socket): void {
    const connection = (socket as Tracked)[CONNECTION]
    const isUploading = connection?.isUploading ?? false
    const reason = reasonOf(error, isUploading)
    const saysNothing = reason === 'request_header_timeout' && socket.bytesRead === 0 // a browser opens connections ahead of need
    if (!connection || !reason || saysNothing || connection.isRefused || !socket.writable) return void socket.destroy()
    if (isUploading) return this.#cut(connection, reason)
    connection.isRefused = true
    const { rawPacket } = error as { readonly rawPacket?: Uint8Array }
    this.#tellUnreadable(connection, reason, requestLineOf(rawPacket) ?? {})
    const { response } = connection
    if (!response || response.writableFinished) answerOnSocket(socket, reason)
    else response.once('finish', () => socket.writable && answerOnSocket(socket, reason)) // answers keep the order of the requests
  }

  #tellUnreadable({ socket, acceptedAt }: Connection, reason: RefusalReason, line: Partial<RequestLine>): void {
    this.#count(reason)
    const durationMs = reason === 'request_header_timeout' ? Math.min(this.limits.headersTimeoutMs, performance.now() - acceptedAt) : 0
    this.#options.onUnreadable?.({
      reason,
      status: refusals[reason].status,
      time: Date.now() - durationMs,
      durationMs,
      clientAddress: socket.remoteAddress,
      method: line.method,
      url: line.url,
      httpVersion: line.httpVersion,
    })
  }

  /** A sweep that comes late, because the process had no time, does not count against the clients. */
  #sweep(): void {
    const present = performance.now()
    this.#ownTimeMs += Math.min(present - this.#sweptAt, 2 * sweepMs(this.limits))
    this.#sweptAt = present
    const now = this.#ownTimeMs
    for (const connections of [this.#open.values(), this.#streams]) {
      for (const connection of connections) {
        if (connection.isUploadLate(this.limits, now)) this.#cut(connection, 'request_body_timeout')
        else if (connection.isReaderLate(this.limits, now)) this.#cutReader(connection)
      }
    }
  }

  #cutReader({ response, socket }: Connection): void {
    if (response && !response.writableFinished) markRefused(response, 'response_timeout', response.statusCode)
    this.#count('response_timeout')
    socket.destroy()
  }

  /** At the end of a drain: what still runs is told why it ends. */
  #cutAll(): number {
    let cut = 0
    for (const connections of [this.#open.values(), this.#streams]) {
      for (const { response, socket } of connections) {
        if (response && !response.writableFinished) {
          cut++
          markRefused(response, 'drain_timeout', response.headersSent ? response.statusCode : 0)
        }
        socket.destroy()
      }
    }
    this.#http2.destroy()
    this.#server.closeAllConnections()
    return cut
  }

  #count(reason: RefusalReason | 'response_timeout'): void {
    const counts = this.#refused
    counts.refused++
    const status = reason === 'response_timeout' ? 408 : refusals[reason].status
    if (status === 408) counts.timedOut++
    else if (status === 503) counts.overLimit++
    else counts.malformed++
  }
}

/** Undefined when the client is simply gone. */
function reasonOf(error: Error, isUploading: boolean): RefusalReason | undefined {
  const code = codeOf(error) ?? ''
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return isUploading ? 'request_timeout' : 'request_header_timeout'
  if (code === 'HPE_HEADER_OVERFLOW') return 'header_overflow'
  return code.startsWith('HPE_') ? 'malformed_request' : undefined
}
