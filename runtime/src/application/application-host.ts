/**
 * Hosts the applications of one instance. An application that has the process for itself is served by its own server, on the listener's
 * socket; applications that share the process are served by one server, which finds the application by context path.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Registry, currentAgent } from '@spyglass/agent'
import type { Logger } from '@spyglass/process/logger'
import { AccessLog, type AccessForm } from '../access-log/index.ts'
import type { Datasources } from '../datasource/index.ts'
import type { HttpListener, RequestEvent, Traffic } from '../listener/http-listener.ts'
import type { RefusalReason, RefusedRequest } from '../listener/refusal.ts'
import { normaliseContextPath, originForm } from './context-path.ts'
import { fail } from './errors.ts'
import { DEFAULT_HOST, type HostNames, HostTable } from './host-table.ts'
import { type ApplicationSettings, HostedApplication, type Place } from './hosted-application.ts'
import { isClusterPrimary, keepAskedPort } from './program/cluster-primary.ts'
import type { ListenRequest } from './program/listen-request.ts'
import { listenReally } from './program/listen-take-over.ts'
import { pretendToListen, type ServerAddress } from './program/virtual-listen.ts'
import { watchRoutes } from './route-of-request.ts'
import { UNCLAIMED, Unclaimed } from './unclaimed.ts'

export interface HostOptions {
  readonly applications: readonly ApplicationSettings[]
  /** Virtual hosts besides `server`. */
  readonly hosts?: readonly HostNames[]
  /** own: the process is that of the one application. shared: the applications live in it together. */
  readonly isolation: 'own' | 'shared'
  readonly listener: HttpListener
  /** The listener's socket, as `server.listen` takes it: a handle, `{ fd }`, or `{ host, port }`. */
  readonly socket: unknown
  /** What a program that shares the process is told as its address. */
  readonly address: ServerAddress
  /** Name of the instance. */
  readonly instance: string
  readonly registry: Registry
  readonly logger: Logger
  readonly datasources: Datasources
  /** Called when the files of a reloadable application have changed. */
  readonly onModified?: (application: string) => void
  /** If omitted, requests are not logged. */
  readonly accessLog?: { readonly folder: string; readonly form?: AccessForm | undefined }
}

export interface ApplicationHost {
  /** What the listener leads to the applications. */
  readonly traffic: Traffic
  readonly applications: readonly HostedApplication[]
  /** The generation ends, and no new connection comes: WebSocket clients are told to connect again. To be called with the drain of the listener. */
  drain(): void
  /** Lets running requests end and closes the applications, at most `deadlineMs`. Idempotent; never rejects. */
  stop(deadlineMs: number): Promise<void>
}

/**
 * Starts all applications at once; ready when each has started or failed. One that failed is answered for with 503.
 * @throws SPY_APPLICATION_FAILED, after the event, if none started. SPY_CONTEXT_PATH_TAKEN
 */
export async function hostApplications(options: HostOptions): Promise<ApplicationHost> {
  refuseSamePaths(options.applications)
  const stopWatching = options.accessLog && !currentAgent() ? watchRoutes() : undefined
  const unclaimed = new Unclaimed(accessLogOf(UNCLAIMED, options))
  const traffic = new ApplicationTraffic(unclaimed)
  const place = placeOf(options, traffic)
  const applications = options.applications.map((settings) => applicationOf(settings, place, options))
  traffic.table = new HostTable(options.hosts ?? [], applications)
  const stop = async (deadlineMs: number): Promise<void> => {
    await Promise.all(applications.map((application) => application.stop(deadlineMs)))
    await unclaimed.stop()
    stopWatching?.()
  }
  try {
    await startAll(applications)
    if (options.isolation === 'shared') await openFront(options, traffic)
  } catch (error) {
    await stop(1000)
    throw error
  }
  const drain = (): void => applications.forEach((application) => application.drain())
  return { traffic, applications, drain, stop }
}

/** A broken application fails alone: the others serve, unless there are none. */
async function startAll(applications: readonly HostedApplication[]): Promise<void> {
  const started = await Promise.allSettled(applications.map((application) => application.start()))
  const failure = started.find((result) => result.status === 'rejected')
  if (failure && !started.some((result) => result.status === 'fulfilled')) throw failure.reason
}

/** Leads each request to the application with the longest context path that fits. */
class ApplicationTraffic implements Traffic {
  table = new HostTable<HostedApplication>([], [])
  readonly #unclaimed: Unclaimed

  constructor(unclaimed: Unclaimed) {
    this.#unclaimed = unclaimed
  }

  request(event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
    const url = originForm(request.url ?? '/')
    this.#ownerOf(request, url).serve(event, request, response, url)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = originForm(request.url ?? '/')
    this.#ownerOf(request, url).upgrade(request, socket, head, url)
  }

  refused(request: IncomingMessage, response: ServerResponse, reason: RefusalReason): void {
    this.#unclaimed.refuse(request, response, reason)
  }

  unreadable(refused: RefusedRequest): void {
    this.#unclaimed.unreadable(refused)
  }

  acceptsUpgrade(request: IncomingMessage): boolean {
    return this.table.find(request.headers.host, originForm(request.url ?? '/'))?.acceptsUpgrades ?? false
  }

  #ownerOf(request: IncomingMessage, url: string): HostedApplication | Unclaimed {
    return this.table.find(request.headers.host, url) ?? this.#unclaimed
  }
}

function placeOf(options: HostOptions, traffic: Traffic): Place {
  const { isolation, listener } = options
  if (isolation === 'shared') return { isAlone: false, open: async (server, request) => request && openVirtually(server, request, options) }
  let isOpen = false
  return {
    isAlone: true,
    async open(server, request) {
      if (isOpen) return request && openVirtually(server, request, options)
      isOpen = true
      if (request) keepAskedPort(server, request.port)
      listener.use(server, traffic)
      await openOnSocket(server, options, request)
    },
  }
}

/** The server itself listens on the socket where it may; otherwise the listener does, and hands it the connections. */
async function openOnSocket(server: Server, options: HostOptions, request?: ListenRequest): Promise<void> {
  const { listener, socket } = options
  if (listener.isPlain || isClusterPrimary()) return openReally(server, socket, request)
  if (request) pretendToListen(server, request, () => addressOf(options))
  await listener.listen(socket)
}

/** Settles when the server listens. Without a `request` it rejects on an error; with one, that is for the program to handle. */
async function openReally(server: Server, socket: unknown, request?: ListenRequest): Promise<void> {
  const { callback, options = {} } = request ?? {}
  const listening = request ? new Promise((resolve) => server.once('listening', resolve)) : once(server, 'listening')
  listenReally(server, ...argumentsFor(socket, options), ...(callback ? [callback] : []))
  await listening
}

/** A file descriptor takes the program's options; a handle is an argument by itself. */
function argumentsFor(socket: unknown, { backlog, signal }: ListenRequest['options']): unknown[] {
  if (Object.getPrototypeOf(socket) !== Object.prototype) return [socket]
  return [{ ...(socket as object), ...(backlog === undefined ? {} : { backlog }), ...(signal === undefined ? {} : { signal }) }]
}

/** Only requests of HTTP can be told apart by their path. */
function openVirtually(server: Server, request: ListenRequest, options: HostOptions): void {
  if (server instanceof http.Server) {
    pretendToListen(server, request, () => addressOf(options))
    process.nextTick(() => server.emit('listening'))
    return
  }
  const names = options.applications.map(({ name }) => name).join(', ')
  process.nextTick(() => server.emit('error', fail('SPY_APPLICATION_NOT_SHAREABLE', [names])))
}

const addressOf = ({ listener, address }: HostOptions): ServerAddress => ({ host: address.host, port: listener.port ?? address.port })

/** One server for the applications that share the process. */
async function openFront(options: HostOptions, traffic: Traffic): Promise<void> {
  const front = http.createServer()
  options.listener.use(front, traffic)
  await openOnSocket(front, options)
}

function applicationOf(settings: ApplicationSettings, place: Place, options: HostOptions): HostedApplication {
  return new HostedApplication(settings, { ...options, place, accessLog: accessLogOf(settings.name, options) })
}

function accessLogOf(application: string, { accessLog, instance, logger }: HostOptions): AccessLog | undefined {
  return accessLog && new AccessLog({ ...accessLog, application, instance, logger })
}

function refuseSamePaths(applications: readonly ApplicationSettings[]): void {
  const names = new Map<string, string>()
  for (const { name, contextPath, host = DEFAULT_HOST } of applications) {
    const path = `${host} ${normaliseContextPath(contextPath)}`
    const other = names.get(path)
    if (other !== undefined) throw fail('SPY_CONTEXT_PATH_TAKEN', [other, name, contextPath])
    names.set(path, name)
  }
}
