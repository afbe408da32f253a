/** Serves a port of our own processes by the same listener as those of applications: TLS, proxies, limits, and who may call. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { isSame, parseBearer } from '../access/credentials.ts'
import type { Registry } from '@spyglass/agent/registry'
import type { OwnPort } from '../config/own-ports.ts'
import type { Logger } from '../logger/index.ts'
import {
  AddressList,
  clientCertificateGate,
  type Gate,
  HttpListener,
  registerListener,
  renewCertificates,
  TlsCertificates,
} from '../listener/index.ts'
import { callerGate } from './caller-gate.ts'
import { listenFailure } from '../listen-failure/index.ts'

/** A Fastify application, or what is like one. */
export interface PortApplication {
  readonly server: Server
  ready(): PromiseLike<unknown>
  close(): PromiseLike<unknown>
}

export interface ServePortOptions {
  readonly port: OwnPort
  /** Tokens of our own processes, which need no client certificate. */
  readonly ownTokens?: readonly string[]
  /** Of the process, which shows the port as a listener. If omitted, nobody shows it. */
  readonly registry?: Registry | undefined
  readonly logger: Logger
}

export interface ServedPort {
  /** The one that the system chose, if 0 was asked for. */
  readonly port: number
  /** Accepts no more; requests that run have `graceMs` to end. */
  close(graceMs: number): Promise<void>
}

/** Of every answer; a port may have stricter ones. */
const SECURITY_HEADERS = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
] as const

/** Says only that a process is alive and whether it serves: for load balancers. */
const OPEN = /^\/(health|ready|ping)\/?(\?|$)/
const isOpen = ({ url = '' }: IncomingMessage): boolean => OPEN.test(url)

/**
 * Listens on all addresses of a port.
 * @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED, SPY_TLS_UNREADABLE, SPY_TLS_INVALID
 */
export async function servePort(app: PortApplication, { port, ownTokens = [], registry, logger }: ServePortOptions): Promise<ServedPort> {
  await app.ready()
  const listener = new HttpListener({
    limits: { maxBodyBytes: 0, ...port.limits }, // each protocol has its own answer to a body that is too large
    trustedProxies: new AddressList(port.trustedProxies),
    gates: gatesOf(port, ownTokens),
    tls: tlsOf(port),
  })
  listener.use(app.server, trafficOf(app.server))
  await listenAll(listener, port)
  const hide = registry && registerListener(registry, port.process, shownAddress(port, listener), listener)
  const stopRenewing = listener.isPlain ? () => {} : renewCertificates(listener, logger)
  return {
    port: listener.port ?? 0,
    async close(graceMs) {
      stopRenewing()
      await Promise.all([listener.drain(graceMs), app.close()])
      hide?.()
    },
  }
}

function shownAddress({ section, addresses: [first] }: OwnPort, listener: HttpListener) {
  return { name: section, host: first?.host ?? '', port: listener.port ?? 0 }
}

async function listenAll(listener: HttpListener, { name, addresses }: OwnPort): Promise<void> {
  for (const { host, port } of addresses) {
    try {
      await listener.listen({ host, port })
    } catch (cause) {
      await listener.drain(0)
      throw listenFailure({ name, host, port }, cause)
    }
  }
}

function gatesOf(port: OwnPort, ownTokens: readonly string[]): readonly Gate[] {
  const isOurs = (request: IncomingMessage): boolean => {
    const token = request.headers['x-spyglass-token'] ?? parseBearer(request.headers.authorization)
    return typeof token === 'string' && ownTokens.some((own) => isSame(token, own))
  }
  const certificate = clientCertificateGate((request) => isOpen(request) || isOurs(request))
  return [callerGate(port, isOpen), ...(port.tls.clientAuthorities === undefined ? [] : [certificate])]
}

function tlsOf({ name, tls: { http2, certificates, ...secure } }: OwnPort) {
  if (certificates.length === 0) return undefined
  return { certificates: new TlsCertificates({ listener: name, certificates, ...secure }), http2 }
}

/** The application's own server answers; nothing is upgraded. */
function trafficOf(server: Server) {
  const emit = server.emit.bind(server)
  return {
    request(event: string, request: IncomingMessage, response: ServerResponse): void {
      for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value)
      emit(event, request, response)
    },
    upgrade: (_request: IncomingMessage, socket: { destroy(): unknown }): void => void socket.destroy(),
  }
}
