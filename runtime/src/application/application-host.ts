/**
 * Hosts the applications of one instance. An application that has the process for itself is served by its own server, on the listener's
 * socket; applications that share the process are served by one server, which finds the application by context path.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Registry, currentAgent } from '@spyglass/agent'
import type { IsolationLevel } from '@spyglass/agent/contract'
import type { FailedApplication } from '@spyglass/process/keeper-link'
import type { Logger } from '@spyglass/process/logger'
import { Admission } from '../admission/index.ts'
import type { AccessLogs } from '../access-log/index.ts'
import type { Resources } from '../resource/index.ts'
import {
  type HttpListener,
  mountOf,
  type RefusalReason,
  type RefusedRequest,
  type RequestEvent,
  type Traffic,
} from '@spyglass/process/listener'
import { normaliseContextPath, originForm } from '../front/context-path.ts'
import type { ClusterPrimary } from './cluster-primary.ts'
import { fail } from './errors.ts'
import { DEFAULT_HOST, type HostNames, HostTable } from '../front/host-table.ts'
import { type ApplicationSettings, type ApplicationSurroundings, HostedApplication, type Place } from './hosted-application.ts'
import type { KeepAlive } from './program/empty-loop.ts'
import type { ListenRequest } from './program/listen-request.ts'
import { listenReally } from './program/listen-take-over.ts'
import { pretendToListen, type ServerAddress } from './program/virtual-listen.ts'
import { watchRoutes } from '../front/route-of-request.ts'
import { UNCLAIMED, Unclaimed } from '../front/unclaimed.ts'

export interface HostOptions {
  readonly applications: readonly ApplicationSettings[]
  /** Applications of the listener that are disabled: their requests are refused as such. */
  readonly disabled?: readonly Pick<ApplicationSettings, 'name' | 'contextPath' | 'host'>[]
  /** Virtual hosts besides `server`. */
  readonly hosts?: readonly HostNames[]
  /** shared: the applications live in the process together. Otherwise it is that of the one application. */
  readonly isolation: IsolationLevel
  readonly listener: HttpListener
  /** The listener's socket, as `server.listen` takes it: a handle, `{ fd }`, or `{ host, port }`. */
  readonly socket: unknown
  /** What a program that shares the process is told as its address. */
  readonly address: ServerAddress
  /** Name of the instance. */
  readonly instance: string
  readonly registry: Registry
  readonly logger: Logger
  readonly resources: Resources
  /** What keeps the event loop alive besides the programs. If omitted, a program that ends without a server is noticed when its time is over. */
  readonly keepAlive?: KeepAlive
  /** Some applications failed to start, others have started: the socket is opened when this resolves. */
  readonly onFailures?: (failed: readonly FailedApplication[]) => Promise<void>
  /** Called when a program has run and does not listen yet; it may within `timeoutMs` of its start. */
  readonly onWaiting?: (application: string, timeoutMs: number) => void
  /** Called when the files of a reloadable application have changed. */
  readonly onModified?: (application: string) => void
  /** If omitted, requests are not logged. */
  readonly accessLogs?: AccessLogs | undefined
  /** What workers are told that the program forks with node:cluster. If omitted, they serve by themselves. */
  readonly cluster?: ClusterPrimary
}

/** Where the applications of a listener are. */
export interface Addresses extends Pick<HostOptions, 'hosts' | 'disabled'> {
  readonly applications: readonly Pick<ApplicationSettings, 'name' | 'contextPath' | 'host'>[]
}

export interface ApplicationHost {
  /** What the listener leads to the applications. */
  readonly traffic: Traffic
  readonly applications: readonly HostedApplication[]
  /** Addresses have changed: from now on requests are served there, and answered for what the next generation will have. */
  readdress(addresses: Addresses): void
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
  const stopWatching = options.accessLogs && !currentAgent() ? watchRoutes() : undefined
  const unclaimed = new Unclaimed(options.accessLogs?.open(UNCLAIMED, unclaimedSettings(options)))
  const traffic = new ApplicationTraffic(unclaimed)
  const place = placeOf(options, traffic)
  const admission = new Admission()
  const around = { ...options, place, admission }
  const applications = options.applications.map((settings) => applicationOf(settings, around))
  const absent = new AbsentApplications(options)
  const readdress = (addresses: Addresses): void => traffic.readdress(addresses, applications, absent)
  readdress(options)
  const stop = async (deadlineMs: number): Promise<void> => {
    await Promise.all(applications.map((application) => application.stop(deadlineMs)))
    await Promise.all([unclaimed, absent].map((each) => each.stop()))
    stopWatching?.()
  }
  try {
    const failed = await startAll(applications)
    if (failed.length > 0) await options.onFailures?.(failed)
    if (options.isolation === 'shared') await openFront(options, traffic)
  } catch (error) {
    await stop(1000)
    throw error
  }
  const drain = (): void => applications.forEach((application) => application.drain())
  return { traffic, applications, readdress, drain, stop }
}

/** A broken application fails alone: the others serve, unless there are none. */
async function startAll(applications: readonly HostedApplication[]): Promise<readonly FailedApplication[]> {
  const started = await Promise.allSettled(applications.map((application) => application.start()))
  const failure = started.find((result) => result.status === 'rejected')
  if (failure && !started.some((result) => result.status === 'fulfilled')) throw failure.reason
  return started.flatMap((result, at) =>
    result.status === 'fulfilled' ? [] : [{ application: applications[at]?.name ?? '', message: (result.reason as Error).message }],
  )
}

/** Leads each request to the application that the router has chosen or, without one, to that with the longest context path that fits. */
export class ApplicationTraffic implements Traffic {
  #table = new HostTable<HostedApplication | Unclaimed>([], [])
  #byName: ReadonlyMap<string, HostedApplication> = new Map()
  readonly #unclaimed: Unclaimed

  constructor(unclaimed: Unclaimed) {
    this.#unclaimed = unclaimed
  }

  /** From now on these are served. `absent`: those that are not here, for whom is answered. */
  serve(hosts: readonly HostNames[], applications: readonly HostedApplication[], absent: readonly Unclaimed[] = []): void {
    this.#table = new HostTable<HostedApplication | Unclaimed>(hosts, [...applications, ...absent])
    this.#byName = new Map(applications.map((application) => [application.name, application]))
  }

  /**
   * The same, of applications that may have moved. One that was disabled is refused from now on, though its process still has it; one that is gone is
   * served until its process ends, since another may not be ready to take over.
   */
  readdress({ hosts = [], ...addresses }: Addresses, applications: readonly HostedApplication[], absent?: AbsentApplications): void {
    for (const application of applications) {
      const place = addresses.applications.find(({ name }) => name === application.name)
      if (place) application.moveTo(place)
    }
    const isDisabled = ({ name }: HostedApplication): boolean => addresses.disabled?.some((one) => one.name === name) ?? false
    const served = applications.filter((application) => !isDisabled(application))
    this.serve(hosts, served, absent?.of(addresses, served) ?? [])
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
    return this.#ownerOf(request, originForm(request.url ?? '/')).acceptsUpgrades
  }

  acceptsConnect(): boolean {
    return [...this.#byName.values()].every((application) => application.acceptsConnect)
  }

  #ownerOf(request: IncomingMessage, url: string): HostedApplication | Unclaimed {
    const mount = mountOf(request)
    const chosen = mount && this.#byName.get(mount.application)
    return chosen ?? this.#table.find(this.#table.isPlain ? undefined : request.headers.host, url) ?? this.#unclaimed
  }
}

function placeOf(options: HostOptions, traffic: Traffic): Place {
  const { isolation, listener } = options
  const connection = {
    connect: () => listener.connectInside((server) => listenReally(server, 0, '127.0.0.1')),
    isBehindRouter: listener.isBehindRouter,
  }
  if (isolation === 'shared')
    return { isAlone: false, connection, open: async (server, request) => request && openVirtually(server, request, options) }
  let isOpen = false
  return {
    isAlone: true,
    connection,
    async open(server, request) {
      if (isOpen) return request && openVirtually(server, request, options)
      isOpen = true
      const isForWorkers = options.cluster?.isAsked ?? false // it only hands connections out
      if (listener.isBehindRouter && !isForWorkers && !(server instanceof http.Server)) return refuseProtocol(server, namesOf(options))
      listener.use(server, traffic)
      if (!isForWorkers) return openOnSocket(server, options, request)
      if (request) options.cluster?.adopt(server, request.port)
      await openReally(server, options.socket, request)
    },
  }
}

/** The server itself listens on the socket where it may; otherwise the listener does, and hands it the connections. */
async function openOnSocket(server: Server, options: HostOptions, request?: ListenRequest): Promise<void> {
  const { listener, socket } = options
  if (listener.isPlain) return openReally(server, socket, request)
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
  refuseProtocol(server, namesOf(options))
}

const namesOf = ({ applications }: HostOptions): string => applications.map(({ name }) => name).join(', ')

/** The program is told as if its port could not be had. */
export function refuseProtocol(server: Server, names: string): void {
  process.nextTick(() => server.emit('error', fail('SPY_APPLICATION_NOT_SHAREABLE', [names])))
}

const addressOf = ({ listener, address }: HostOptions): ServerAddress => ({ host: address.host, port: listener.port ?? address.port })

/** One server for the applications that share the process. */
async function openFront(options: HostOptions, traffic: Traffic): Promise<void> {
  const front = http.createServer()
  options.listener.use(front, traffic)
  await openOnSocket(front, options)
}

function applicationOf(
  settings: ApplicationSettings,
  around: HostOptions & Pick<ApplicationSurroundings, 'place' | 'admission'>,
): HostedApplication {
  return new HostedApplication(settings, { ...around, accessLog: around.accessLogs?.open(settings.name) })
}

/** Answers for applications of the listener that are not in the process: disabled, or not before the next generation. */
class AbsentApplications {
  readonly #options: Pick<HostOptions, 'accessLogs'>
  #answering: ReadonlyMap<string, Unclaimed> = new Map()

  constructor(options: Pick<HostOptions, 'accessLogs'>) {
    this.#options = options
  }

  of({ applications, disabled = [] }: Addresses, present: readonly HostedApplication[]): readonly Unclaimed[] {
    const isAbsent = ({ name }: { readonly name: string }): boolean => !present.some((application) => application.name === name)
    const before = this.#answering
    this.#answering = new Map([
      ...applications.filter(isAbsent).map((one) => this.#answer(one, 'no_instance')),
      ...disabled.filter(isAbsent).map((one) => this.#answer(one, 'application_disabled')),
    ])
    for (const [key, one] of before) if (!this.#answering.has(key)) void one.stop()
    return [...this.#answering.values()]
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#answering.values()].map((one) => one.stop()))
  }

  #answer({ name, contextPath, host = DEFAULT_HOST }: Addresses['applications'][number], reason: RefusalReason): [string, Unclaimed] {
    const absent = { name, contextPath: normaliseContextPath(contextPath), host, reason }
    const key = JSON.stringify(absent)
    return [key, this.#answering.get(key) ?? new Unclaimed(this.#options.accessLogs?.open(name), absent)]
  }
}

/** An application with a user of its own can write to no log but its own. */
const unclaimedSettings = ({ isolation, applications }: HostOptions): string | undefined =>
  isolation === 'user' ? applications[0]?.name : undefined

function refuseSamePaths(applications: readonly ApplicationSettings[]): void {
  const names = new Map<string, string>()
  for (const { name, contextPath, host = DEFAULT_HOST } of applications) {
    const path = `${host} ${normaliseContextPath(contextPath)}`
    const other = names.get(path)
    if (other !== undefined) throw fail('SPY_CONTEXT_PATH_TAKEN', [other, name, contextPath])
    names.set(path, name)
  }
}
