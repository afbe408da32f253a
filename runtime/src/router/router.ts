/**
 * Serves one listener for several applications that have processes of their own: finds the application of each request and passes the request on to its
 * private address. What it answers itself (health, redirects, refusals, 503 for an application that is down) it logs and counts; everything else is
 * logged and counted where it is served. Read client-connection.ts for HTTP/1, streamed-client.ts for HTTP/2, passage.ts for the way of a request.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import net, { type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from '@spyglass/process/logger'
import {
  type AddressList,
  answerOnSocket,
  frontAnswers,
  type FrontOptions,
  type HttpListener,
  type ListenerLimits,
  type Peer,
  type RefusalReason,
  refusals,
  refusalText,
  type RefusedRequest,
  type RequestEvent,
  requestLineOf,
  type Traffic,
} from '@spyglass/process/listener'
import { Upgrades } from '../front/upgrade/upgrades.ts'
import { originForm } from '../front/context-path.ts'
import { ClientConnection } from './client-connection.ts'
import type { ClientFront, Target, UnreadableRequest } from './client-front.ts'
import type { RequestHead } from './request-head.ts'
import { ClientOrigin } from './request-text.ts'
import { type RoutingTable, Routes } from './routes.ts'
import { headOfStream, StreamedClient } from './streamed-client.ts'

export interface RouterOptions {
  readonly listener: HttpListener
  /** Those of the listener. */
  readonly front: FrontOptions & { readonly trustedProxies?: AddressList | undefined }
  readonly table: RoutingTable
  /** Whether clients must show a certificate of the listener's authorities, except for probes of health. */
  readonly needsCertificate?: boolean
  /** Name of the process. */
  readonly instance: string
  readonly logger: Logger
}

const SWEEPS_PER_LIMIT = 4
const [MIN_SWEEP_MS, MAX_SWEEP_MS] = [20, 5000]

export class Router implements Traffic, ClientFront {
  readonly routes: Routes
  readonly upgrades = new Upgrades()
  readonly limits: ListenerLimits
  readonly keepAliveText: string
  readonly keepAliveLines: string
  readonly #listener: HttpListener
  readonly #trusted: AddressList | undefined
  readonly #needsCertificate: boolean
  readonly #ownAnswer: ReturnType<typeof frontAnswers>
  readonly #server: RouterServer
  readonly #sweeping: NodeJS.Timeout

  constructor({ listener, front, table, needsCertificate = false, ...log }: RouterOptions) {
    this.#listener = listener
    this.limits = listener.limits
    this.routes = new Routes(table, log)
    this.#trusted = front.trustedProxies
    this.#needsCertificate = needsCertificate
    this.#ownAnswer = frontAnswers({ ...front, unready: () => this.routes.unready })
    this.keepAliveText = `timeout=${Math.floor(this.limits.keepAliveTimeoutMs / 1000)}`
    this.keepAliveLines = `connection: keep-alive\r\nkeep-alive: ${this.keepAliveText}\r\n`
    this.#server = new RouterServer((socket) => new ClientConnection(socket, this, this.#originOf(socket, false)))
    this.#sweeping = setInterval(() => this.#sweep(), sweepMs(this.limits)).unref()
    listener.use(this.#server, this)
  }

  get now(): number {
    return performance.now()
  }

  get isDraining(): boolean {
    return this.#listener.state === 'draining'
  }

  /** Tells clients of WebSocket that the service restarts. To be called with the drain of the listener. */
  drain(): void {
    this.upgrades.restart()
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweeping)
    await this.routes.stop()
  }

  targetOf(head: RequestHead, origin: ClientOrigin): Target {
    this.#listener.countRequest()
    const own = this.#ownAnswer?.({
      method: head.method,
      url: head.target,
      host: head.host,
      isSecure: origin.isSecure || head.forwardedProto?.split(',', 1)[0]?.trim().toLowerCase() === 'https',
    })
    if (own) return { text: responseText(own.status, own.headers, head.method === 'HEAD' ? '' : own.body) }
    if (this.#needsCertificate && !origin.isAuthorized) return { reason: 'client_certificate' } // HTTP/2 has passed the gate of the listener
    return this.routes.targetOf(head.host, originForm(head.target))
  }

  refuse(asked: RefusalReason, head: RequestHead, origin: ClientOrigin, since: number): string {
    const { method, target: url, host, lines } = head
    const reason = this.routes.reasonNow(asked, host, originForm(url))
    const durationMs = this.now - since
    this.#tell(reason, host, {
      method,
      url: originForm(url),
      durationMs,
      clientAddress: origin.clientOf(head.forwardedFor),
      httpVersion: `1.${head.minor}`,
      userAgent: fieldOf(lines, 'user-agent'),
      referer: fieldOf(lines, 'referer'),
    })
    return refusalText(reason, method === 'HEAD')
  }

  unreadable(reason: RefusalReason, request: UnreadableRequest): void
  unreadable(refused: RefusedRequest): void
  unreadable(what: RefusalReason | RefusedRequest, request?: UnreadableRequest): void {
    if (typeof what !== 'string') return this.routes.unclaimed.unreadable(what)
    const { bytes, clientAddress, durationMs } = request!
    const { method, url, httpVersion } = requestLineOf(bytes) ?? {}
    this.#tell(what, undefined, { method, url, httpVersion, clientAddress, durationMs })
  }

  count(reason: RefusalReason): void {
    this.#listener.countRefusal(reason)
  }

  /** A request of HTTP/2. */
  request(_event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
    const origin = this.#originOf(request.socket, true)
    const head = headOfStream(request, origin.isTrusted)
    if (typeof head === 'string') return this.refused(request, response, head)
    const target = this.routes.targetOf(head.host, originForm(head.target))
    const refuse = (reason: RefusalReason): void =>
      this.#refuseStream(request, response, this.routes.reasonNow(reason, head.host, originForm(head.target)))
    if ('reason' in target) refuse(target.reason)
    else void new StreamedClient({ ...target, request, response, head, origin, onFailed: refuse })
  }

  /** Streams of HTTP/2 change no protocol, and HTTP/1 does not come this way. */
  upgrade(_request: IncomingMessage, socket: Duplex): void {
    answerOnSocket(socket, 'no_application')
  }

  refused(request: IncomingMessage, response: ServerResponse, reason: RefusalReason): void {
    this.routes.ownerOf(request.headers.host, originForm(request.url ?? '/')).refuse(request, response, reason)
  }

  #refuseStream(request: IncomingMessage, response: ServerResponse, reason: RefusalReason): void {
    this.count(reason)
    this.refused(request, response, reason)
  }

  #tell(reason: RefusalReason, host: string | undefined, request: Omit<RefusedRequest, 'reason' | 'status' | 'time'>): void {
    this.count(reason)
    if (reason === 'bad_gateway') return // the application's process has seen the request, and logs it
    const owner = host === undefined ? this.routes.unclaimed : this.routes.ownerOf(host, request.url ?? '/')
    owner.unreadable({ ...request, reason, status: refusals[reason].status, time: Date.now() - request.durationMs })
  }

  #originOf(socket: Socket, isHttp2: boolean): ClientOrigin {
    const { authorized } = socket as { authorized?: boolean }
    return new ClientOrigin(peerOf(socket, isHttp2), { trusted: this.#trusted, isAuthorized: authorized === true })
  }

  #sweep(): void {
    this.#server.sweep(this.now)
    this.routes.sweep()
  }
}

/** The server that the listener hands connections of HTTP/1 to; it listens nowhere itself. */
class RouterServer extends net.Server {
  readonly #clients = new Set<ClientConnection>()

  constructor(open: (socket: Socket) => ClientConnection) {
    super((socket) => {
      const client = open(socket)
      this.#clients.add(client)
      socket.once('close', () => this.#clients.delete(client))
    })
  }

  /** Requests under way. */
  get busy(): number {
    return [...this.#clients].filter(({ isBusy }) => isBusy).length
  }

  sweep(now: number): void {
    for (const client of this.#clients) client.sweep(now)
  }

  closeIdleConnections(): void {
    for (const client of this.#clients) if (client.isIdle) client.close()
  }
}

function peerOf(socket: Socket, isHttp2: boolean): Peer {
  const { remoteAddress = '-', remotePort = 0, localAddress = '-', localPort = 0 } = socket
  const isSecure = (socket as { encrypted?: boolean }).encrypted === true
  return { remoteAddress, remotePort, localAddress, localPort, isSecure, isHttp2 }
}

function sweepMs({ headersTimeoutMs, keepAliveTimeoutMs }: ListenerLimits): number {
  const shortest = Math.min(headersTimeoutMs || Infinity, keepAliveTimeoutMs || Infinity)
  return Math.max(MIN_SWEEP_MS, Math.min(MAX_SWEEP_MS, shortest / SWEEPS_PER_LIMIT))
}

function responseText(status: number, headers: Readonly<Record<string, string | number>>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
}

const fieldOf = (lines: string, name: string): string | undefined => new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*\\r?$`, 'im').exec(lines)?.[1]
