/**
 * Serves the sockets of one listener with the server of a program: limits, TLS, HTTP/2, proxies in front, and what the server answers itself. Requests and
 * upgrades of HTTP pass through `Traffic`; everything else goes straight to the server, which may be of any protocol.
 *
 * It can stop accepting without resetting anyone: closing its own copy of a socket leaves the original open, and the next generation takes what
 * waits in the queue. Read connections.ts for slow clients, refusal.ts for the answers, http2-sessions.ts for HTTP/2.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type tls from 'node:tls'
import type { AddressList } from './address-list.ts'
import { limitChunkedBody, statedLength } from './body-limit.ts'
import { Connections } from './connections.ts'
import { readForwarded } from './forwarded.ts'
import { behindFront, type FrontOptions } from './front-traffic.ts'
import { headFault } from './head-fault.ts'
import { Http2Sessions } from './http2-sessions.ts'
import { isInner, markInner, openInside } from './inner-connection.ts'
import { defaultLimits, keepIdleConnections, limitServer, type ListenerLimits } from './limits.ts'
import { takePeer } from './peer.ts'
import { Connection } from './progress.ts'
import { acceptProxied, inheritAddresses } from './proxied-connections.ts'
import { answerOnSocket, answerRefused, type RefusalReason, refusals } from './refusal.ts'
import { RefusalCounts } from './refusal-counts.ts'
import { reasonOfClientError, type RequestLine, requestLineOf } from './request-line.ts'
import { secureServer } from './secure-server.ts'
import type { TlsCertificates } from './tls-certificates.ts'
import type { RequestEvent, Traffic } from './traffic.ts'

export type { RequestEvent, Traffic } from './traffic.ts'

export interface ListenerCounts {
  readonly connections: number
  readonly accepted: number
  readonly requests: number
  /** Requests and connections that the listener refused itself: all, those too slow (408), malformed or too large (400, 413, 431 …), and above a limit (503). */
  readonly refused: number
  readonly timedOut: number
  readonly malformed: number
  readonly overLimit: number
  readonly bytesReceived: number
  readonly bytesSent: number
}

export type ListenerState = 'open' | 'draining' | 'closed'

export interface ListenerOptions extends FrontOptions {
  readonly limits?: Partial<ListenerLimits>
  readonly tls?: { readonly certificates: TlsCertificates; readonly http2: boolean } | undefined
  /** Who is believed what X-Forwarded-… and PROXY headers say. Undefined: nobody is asked, and headers stay as they are. */
  readonly trustedProxies?: AddressList | undefined
  /** Whether each connection begins with a PROXY header. */
  readonly proxyProtocol?: boolean
  /** Asked in this order about each request and upgrade. */
  readonly gates?: readonly Gate[]
  /** Whether the connections are those of the router in front, which says of each request who it comes from, and is told before they close. */
  readonly isBehindRouter?: boolean
  /** Whether requests only pass through: they are recorded where they are served. */
  readonly isRouter?: boolean
}

/** Why a request is refused; undefined: it may pass. */
export type Gate = (request: IncomingMessage) => RefusalReason | undefined

/** Clients that keep a connection idle have this long to send a last request, answered with `Connection: close`. */
const IDLE_GRACE_MS = 500
/** The router is told within this time that a connection has become idle in an instance that ends. */
const RELEASE_MS = 50
type Emit = (event: string, ...args: unknown[]) => boolean
const ignore = (): void => {}

export class HttpListener {
  state: ListenerState = 'closed'
  /** Port it listens on; undefined before it does. */
  port: number | undefined
  readonly limits: ListenerLimits
  readonly #options: ListenerOptions
  readonly #connections: Connections
  readonly #refusals = new RefusalCounts()
  readonly #http2: Http2Sessions
  readonly #tls: tls.Server | undefined
  readonly #acceptors: net.Server[] = []
  #server: Server | undefined
  #traffic: Traffic | undefined
  /** Of the server, before it was replaced. */
  #emit: Emit = () => false
  #requests = 0

  constructor(options: ListenerOptions = {}) {
    this.#options = options
    this.limits = { ...defaultLimits, ...options.limits }
    this.#connections = new Connections(this.limits, (reason) => this.#refusals.count(reason))
    this.#http2 = new Http2Sessions({
      limits: this.limits,
      onStream: (socket) => this.#connections.trackStream(socket),
      onRequest: (request, response) => this.#onRequest('request', request, response),
      isRecorded: options.isRouter !== true,
    })
    this.#tls =
      options.tls &&
      secureServer(options.tls, this.limits, {
        onSecure: (socket) => this.#onSecure(socket),
        onPlain: (socket) => this.#onPlain(socket),
      })
  }

  /** Whether its connections are those of the socket as they come: then the server may listen on it itself. Otherwise {@link listen} must. */
  get isPlain(): boolean {
    return this.#tls === undefined && this.#options.proxyProtocol !== true
  }

  /** Whether its clients come with TLS. */
  get isSecure(): boolean {
    return this.#tls !== undefined
  }

  /** Seconds until the first of its certificates expires; undefined without TLS. */
  get certificateExpiresIn(): number | undefined {
    const { certificates } = this.#options.tls ?? {}
    return certificates && Math.round((Math.min(...certificates.all.map(({ validTo }) => validTo)) - Date.now()) / 1000)
  }

  get isBehindRouter(): boolean {
    return this.#options.isBehindRouter === true
  }

  get counts(): ListenerCounts {
    const { size: connections, accepted, bytesReceived, bytesSent } = this.#connections
    return { connections, accepted, requests: this.#requests, ...this.#refusals.values, bytesReceived, bytesSent }
  }

  /** Prepares the server, before it listens. Called once. */
  use(server: Server, traffic: Traffic): void {
    this.#server = server
    this.#traffic = behindFront(traffic, this.#options)
    if (server instanceof http.Server) {
      limitServer(server, this.limits, (request) => traffic.acceptsUpgrade?.(request) ?? false)
      if (this.isBehindRouter) keepIdleConnections(server)
      for (const event of ['checkExpectation', 'connect', 'upgrade']) server.on(event, ignore) // or Node answers without telling anybody
    }
    this.#intercept(server)
  }

  /** Begins to accept on a socket: a handle, or whatever else `net.Server` listens on. Called once for each address. */
  async listen(handle: unknown): Promise<void> {
    const acceptor = net.createServer({ allowHalfOpen: !this.#tls, noDelay: true }, (socket) => this.#accept(socket))
    await new Promise<void>((resolve, reject) => {
      acceptor.once('error', reject)
      acceptor.listen(handle, resolve)
    })
    this.#acceptors.push(acceptor)
    if (this.state !== 'open') this.#server?.emit('listening') // Node's checks for late requests begin with it
    this.port ??= portOf(acceptor)
  }

  /** A connection of this process to its own server, as a client's except for the socket: it passes limits of connections, TLS, gates and own answers, and is not counted. `listen` listens on a free local port. */
  async connectInside(listen: (server: Server) => void): Promise<Socket> {
    return await openInside((socket) => {
      markInner(socket)
      this.#emit('connection', socket)
    }, listen)
  }

  /** For a server that is none of `node:http`: it received a request. */
  countRequest(): void {
    this.#requests++
  }

  /** The same: it refused a request. */
  countRefusal(reason: RefusalReason): void {
    this.#refusals.count(reason)
  }

  /** Reads certificates whose files have changed. New connections get them. @throws SPY_TLS_…; then the old ones stay */
  reloadCertificates(): boolean {
    const { certificates } = this.#options.tls ?? {}
    if (!certificates?.reload()) return false
    this.#tls?.setSecureContext(certificates.first.options)
    return true
  }

  /**
   * Stops accepting at once, lets clients finish, then closes what is idle; settles when nothing is open or the deadline has passed, with the number of
   * requests that were cut. `net.Server`'s close is called by itself: that of `http.Server` would close idle connections at once, on clients
   * that are about to send.
   */
  async drain(deadlineMs: number): Promise<number> {
    const server = this.#server
    this.state = 'draining'
    let cut = 0
    const listening = [...this.#acceptors, ...(server?.listening && hasHandle(server) ? [server] : [])]
    const closed = Promise.all(
      listening.map((each) => new Promise<void>((resolve) => net.Server.prototype.close.call(each, () => resolve()))),
    )
    this.#http2.close()
    const idle = this.#letGo(server)
    const late = setTimeout(() => (cut = this.#cutAll()), deadlineMs)
    await closed
    clearInterval(idle)
    clearTimeout(late)
    this.#connections.stopWatching()
    this.state = 'closed'
    return cut
  }

  /** A router closes its idle connections itself when it is told: only so can no request be on its way on one of them. */
  #letGo(server: Server | undefined): NodeJS.Timeout {
    if (!this.isBehindRouter) return setInterval(() => setImmediate(() => this.#closeIdle(server)), IDLE_GRACE_MS) // what has arrived meanwhile is read first: it is not idle
    this.#connections.release()
    return setInterval(() => this.#connections.release(), RELEASE_MS)
  }

  #closeIdle(server: Server | undefined): void {
    if (server instanceof http.Server) this.#connections.sparingUsed(() => server.closeIdleConnections())
    else if (speaksHttp(server)) server.closeIdleConnections() // a router knows itself what is idle
  }

  /** `emit` is replaced on this one server, so that the program's own listeners stay as they are, in their order. */
  #intercept(server: Server): void {
    const emit = (this.#emit = server.emit.bind(server) as Emit)
    server.emit = ((event: string, ...args: unknown[]): boolean => {
      if (event === 'request') {
        this.#onRequest('request', args[0] as IncomingMessage, args[1] as ServerResponse) // comes far more often than all others
        return true
      }
      const handler = this.#handlers[event]
      if (!handler) return emit(event, ...args)
      handler(args[0] as never, args[1] as never, args[2] as never)
      return true
    }) as typeof server.emit
  }

  /** A null prototype: an event of the program may have any name. */
  readonly #handlers: Readonly<Record<string, ((...args: [never, never, never]) => void) | undefined>> = Object.assign(
    Object.create(null) as object,
    {
      checkContinue: (request: IncomingMessage, response: ServerResponse) => this.#onRequest('checkContinue', request, response),
      checkExpectation: (request: IncomingMessage, response: ServerResponse) => this.#onExpectation(request, response),
      upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#onUpgrade(request, socket, head),
      connect: (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#onConnect(request, socket, head),
      clientError: (error: Error, socket: Socket) => this.#onClientError(error, socket),
      connection: (socket: Socket) => this.#onConnection(socket),
      listening: () => this.#onListening(),
    },
  )

  #onListening(): void {
    if (this.#server) this.port ??= portOf(this.#server) // the primary of a cluster takes the handle out of its server afterwards
    this.state = 'open'
    this.#connections.watch()
    this.#emit('listening')
  }

  /** A connection that the server accepted itself comes here first; one of {@link listen} has been through it. */
  #onConnection(socket: Socket): void {
    if (this.#connections.of(socket)) this.#emit('connection', socket)
    else this.#accept(socket)
  }

  #accept(socket: Socket): void {
    this.#connections.accepted++
    socket.once('close', () => this.#connections.ended++)
    const { maxConnections, headersTimeoutMs } = this.limits
    if (maxConnections > 0 && this.#connections.accepted - this.#connections.ended > maxConnections) return this.#turnAway(socket)
    if (!this.#options.proxyProtocol) return this.#begin(socket)
    const { trustedProxies: trusted } = this.#options
    if (!trusted) return void socket.destroy()
    acceptProxied(socket, {
      trusted,
      timeoutMs: headersTimeoutMs || defaultLimits.headersTimeoutMs,
      onConnection: () => this.#begin(socket),
      onRefused: () => this.#refusals.count('malformed_request'),
    })
  }

  #begin(socket: Socket): void {
    if (this.#tls) return void this.#tls.emit('connection', socket)
    this.#connections.track(socket)
    this.#emit('connection', socket)
  }

  #onSecure(socket: tls.TLSSocket): void {
    inheritAddresses(socket)
    this.#connections.track(socket)
    if (socket.alpnProtocol === 'h2') this.#http2.serve(socket)
    else this.#emit('connection', socket)
  }

  /** Plain HTTP instead of a handshake. */
  #onPlain(socket: Socket): void {
    this.#tellUnreadable(new Connection(socket, performance.now()), 'tls_expected', {})
    answerOnSocket(socket, 'tls_expected')
  }

  /** One connection too many: told so where that is possible without a handshake. */
  #turnAway(socket: Socket): void {
    socket.on('error', ignore)
    if (!this.isPlain || !speaksHttp(this.#server)) {
      this.#refusals.count('too_many_connections')
      return void socket.destroy()
    }
    this.#tellUnreadable(new Connection(socket, performance.now()), 'too_many_connections', {})
    answerOnSocket(socket, 'too_many_connections')
  }

  #onRequest(event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
    if (isInner(request)) return this.#traffic?.request(event, this.#withOrigin(request), response)
    this.#requests++
    const connection = this.#connections.of(request.socket)
    if (connection) connection.response = response
    if (this.state === 'draining' && request.httpVersionMajor < 2) response.setHeader('connection', 'close')
    if (request.httpVersion === '1.0') withoutInformation(response)
    this.#readOrigin(request)
    const reason = this.#reasonAgainst(request, connection)
    if (reason) this.#refuse(request, response, reason)
    else this.#traffic?.request(event, request, response)
  }

  #withOrigin(request: IncomingMessage): IncomingMessage {
    this.#readOrigin(request)
    return request
  }

  #readOrigin(request: IncomingMessage): void {
    const { trustedProxies } = this.#options
    if (this.isBehindRouter) takePeer(request)
    else if (trustedProxies) readForwarded(request, trustedProxies)
  }

  #reasonAgainst(request: IncomingMessage, connection: Connection | undefined): RefusalReason | undefined {
    const fault = this.isBehindRouter ? undefined : headFault(request)
    if (fault !== undefined) return fault
    const { headers } = request
    const { maxBodyBytes, maxRequestsPerConnection } = this.limits
    if (connection && maxRequestsPerConnection > 0 && ++connection.requests >= maxRequestsPerConnection) {
      connection.response?.setHeader('connection', 'close')
    }
    const refused = this.#options.gates && this.#refusedByGate(request)
    if (refused !== undefined || maxBodyBytes === 0) return refused
    const length = statedLength(request, headers)
    if (length > maxBodyBytes) return 'body_too_large'
    if (length < 0 && connection) limitChunkedBody(request, maxBodyBytes, () => this.#connections.cut(connection, 'body_too_large'))
    return undefined
  }

  #refusedByGate(request: IncomingMessage): RefusalReason | undefined {
    for (const gate of this.#options.gates ?? []) {
      const reason = gate(request)
      if (reason !== undefined) return reason
    }
    return undefined
  }

  #refuse(request: IncomingMessage, response: ServerResponse, reason: RefusalReason): void {
    this.#refusals.count(reason)
    if (this.#traffic?.refused) this.#traffic.refused(request, response, reason)
    else answerRefused(request, response, reason)
  }

  #onExpectation(request: IncomingMessage, response: ServerResponse): void {
    if (this.#isHandled('checkExpectation')) this.#onRequest('checkExpectation', request, response)
    else this.#refuse(request, response, 'expectation_failed')
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#hasTakenOver(request, socket)) this.#traffic?.upgrade(request, socket, head)
  }

  #onConnect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const isTaken = this.#isHandled('connect') && this.#traffic?.acceptsConnect?.() !== false
    if (!isTaken) this.#refuseOnSocket(socket, 'no_proxy')
    else if (this.#hasTakenOver(request, socket)) this.#emit('connect', request, socket, head)
  }

  /** From now on the connection is no longer one of HTTP; unless the request is refused. */
  #hasTakenOver(request: IncomingMessage, socket: Duplex): boolean {
    const connection = this.#connections.of(socket)
    if (connection) connection.isUpgraded = true
    this.#readOrigin(request)
    const reason = (this.isBehindRouter ? undefined : headFault(request)) ?? this.#refusedByGate(request)
    if (reason !== undefined) this.#refuseOnSocket(socket, reason)
    return reason === undefined
  }

  #refuseOnSocket(socket: Duplex, reason: RefusalReason): void {
    this.#refusals.count(reason)
    answerOnSocket(socket, reason)
  }

  /** Whether the program listens to it as well. */
  #isHandled(event: string): boolean {
    return (this.#server?.listenerCount(event) ?? 0) > 1
  }

  #onClientError(error: Error, socket: Socket): void {
    const connection = this.#connections.of(socket)
    const isUploading = connection?.isUploading ?? false
    const reason = reasonOfClientError(error, isUploading)
    const saysNothing = reason === 'request_header_timeout' && socket.bytesRead === 0 // a browser opens connections ahead of need
    if (!connection || !reason || saysNothing || connection.isRefused || !socket.writable) return void socket.destroy()
    if (isUploading) return this.#connections.cut(connection, reason)
    connection.isRefused = true
    const { rawPacket } = error as { readonly rawPacket?: Uint8Array }
    this.#tellUnreadable(connection, reason, requestLineOf(rawPacket) ?? {})
    const { response } = connection
    if (!response || response.writableFinished) answerOnSocket(socket, reason)
    else response.once('finish', () => socket.writable && answerOnSocket(socket, reason)) // answers keep the order of the requests
  }

  #tellUnreadable({ socket, acceptedAt }: Connection, reason: RefusalReason, line: Partial<RequestLine>): void {
    this.#refusals.count(reason)
    const durationMs = reason === 'request_header_timeout' ? Math.min(this.limits.headersTimeoutMs, performance.now() - acceptedAt) : 0
    const { status } = refusals[reason]
    const { method, url, httpVersion } = line
    const time = Date.now() - durationMs
    this.#traffic?.unreadable?.({ reason, status, time, durationMs, clientAddress: socket.remoteAddress, method, url, httpVersion })
  }

  #cutAll(): number {
    const busy = speaksHttp(this.#server) ? (this.#server.busy ?? 0) : 0
    const cut = this.#connections.cutAll() + busy
    this.#http2.destroy()
    return cut
  }
}

/** A server whose connections carry requests of HTTP/1: of `node:http`, or the router's. */
interface RequestServer extends Server {
  closeIdleConnections(): void
  /** Requests under way that the listener does not see itself. */
  readonly busy?: number
}

const speaksHttp = (server: Server | undefined): server is RequestServer => server !== undefined && 'closeIdleConnections' in server

/** A client of HTTP/1.0 would take an informational answer for the final one (RFC 9110 section 15.2). */
function withoutInformation(response: ServerResponse): void {
  Object.assign(response, { writeEarlyHints: (_hints: unknown, done?: () => void) => done?.(), writeProcessing: ignore })
}

/** Whether it listens itself, and not only believes so. */
const hasHandle = (server: Server): boolean => (server as { readonly _handle?: unknown })._handle !== null

function portOf(server: Server): number | undefined {
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
}
