/** One application in an instance: its start and stop, and each of its requests from the listener to the last byte. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf } from '@spyglass/agent/contract'
import { type Registry, currentAgent, objectNameOf } from '@spyglass/agent'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Logger } from '@spyglass/process/logger'
import type { Admission, AdmissionSettings } from '../admission/index.ts'
import type { AccessLog } from '../access-log/index.ts'
import { answerOnSocket, answerRefused, isInner, mountOf } from '@spyglass/process/listener'
import type { RequestEvent } from '@spyglass/process/listener'
import type { Resources, UsedResources } from '../resource/index.ts'
import { isClusterPrimary } from './cluster-primary.ts'
import { answerJson, errorAnswer } from './error-answer.ts'
import { AdmissionGuard } from './entrance/admission-guard.ts'
import { type Guard, passAll, PassingRequest, passingUpgrade, whenPassed } from './entrance/guard.ts'
import { LimitGuard } from './entrance/limit-guard.ts'
import type { RoleGuard } from './entrance/role-guard.ts'
import { RefusalTally } from './entrance/refusal-tally.ts'
import { type Arrival, type RefusedApplication, unserved } from './entrance/refuse.ts'
import { readApplicationFile } from './program/application-file.ts'
import { normaliseContextPath, redirected, stripContextPath } from '../front/context-path.ts'
import { fail } from './errors.ts'
import { Exchange, type ExchangeOwner, isClosed } from '../front/exchange.ts'
import { mountAt } from '../front/mounted-request.ts'
import { DEFAULT_HOST } from '../front/host-table.ts'
import type { KeepAlive } from './program/empty-loop.ts'
import type { EntrySettings } from './program/entry.ts'
import type { Program } from './program/program.ts'
import type { ListenRequest } from './program/listen-request.ts'
import { startProgram } from './program/start-program.ts'
import { registerLoader } from './loader/loader-resource.ts'
import { ModifiedCheck } from './loader/modified-check.ts'
import { probe } from './probe.ts'
import { probeBySocket, type ProbeTarget } from './socket-probe.ts'
import { ProgramServer, refuseServer } from './program-server.ts'
import { within } from './within.ts'
import { Upgrades } from '../front/upgrade/upgrades.ts'

/** What the configuration says of an application. */
export interface ApplicationSettings extends EntrySettings, UsedResources {
  readonly name: string
  /** Absolute path. */
  readonly folder: string
  readonly contextPath: string
  /** Virtual host; `server` by default. */
  readonly host?: string
  readonly startTimeoutMs: number
  /** Where it is asked whether it is well. */
  readonly health?: { readonly path?: string | undefined }
  /** If omitted, no request is refused. */
  readonly admission?: AdmissionSettings
}

/** Where the server of an application is opened. */
export interface Place {
  /** Whether the process is the application's own. */
  readonly isAlone: boolean
  /** How to reach it as a client does. */
  readonly connection?: Pick<ProbeTarget, 'connect' | 'isBehindRouter'>
  /** Opens it: requests reach the application from now on. `request` is what the program asked for if it called `listen()` itself. */
  open(server: Server, request?: ListenRequest): Promise<void>
}

export interface ApplicationSurroundings {
  /** Called when its program has run, and may listen within `timeoutMs` of its start. */
  readonly onWaiting?: ((application: string, timeoutMs: number) => void) | undefined
  /** Called when the files of a reloadable application have changed. */
  readonly onModified?: ((application: string) => void) | undefined
  readonly place: Place
  /** What keeps the event loop alive besides the programs. */
  readonly keepAlive?: KeepAlive | undefined
  readonly instance: string
  readonly registry: Registry
  readonly logger: Logger
  /** Of the server. A worker of node:cluster has only rate limits. */
  readonly resources?: Resources | undefined
  /** Of the applications of the process. If omitted, no request is refused. */
  readonly admission?: Admission | undefined
  /** If omitted, requests are not logged. */
  readonly accessLog?: AccessLog | undefined
}

export class HostedApplication implements ExchangeOwner {
  readonly name: string
  contextPath: string
  host: string
  state: 'loading' | 'started' | 'failed' | 'stopping' | 'stopped' = 'loading'
  requests = 0
  errors = 0
  active = 0
  loadTimeS = 0
  /** Why it could not be loaded. */
  #problem: string | undefined
  readonly upgrades = new Upgrades()
  readonly #settings: ApplicationSettings
  readonly #around: ApplicationSurroundings
  readonly #agent = currentAgent()
  readonly #admission: AdmissionGuard | undefined
  /** In the order in which they are asked. */
  #guards: readonly Guard[]
  #roles: RoleGuard | undefined
  readonly #refused: RefusedApplication
  readonly #refusals = new RefusalTally()
  readonly #abort = new AbortController()
  readonly #hide: () => void
  #program: Program | undefined
  #target: ProgramServer | undefined
  #check: ModifiedCheck | undefined
  #modified = 0
  #hideLoader: (() => void) | undefined
  #idle: (() => void) | undefined

  constructor(settings: ApplicationSettings, surroundings: ApplicationSurroundings) {
    this.name = settings.name
    this.contextPath = normaliseContextPath(settings.contextPath)
    this.host = settings.host ?? DEFAULT_HOST
    this.#settings = settings
    this.#around = surroundings
    this.#refused = { name: settings.name, accessLog: surroundings.accessLog, onRefused: this.#refusals.count }
    this.#admission = this.#openAdmission()
    this.#guards = [...(this.#admission ? [this.#admission] : []), ...this.#limits()]
    const keys = { instance: surroundings.instance, name: settings.name }
    this.#hide = surroundings.registry.register(kinds.application, keys, this.#getters())
  }

  /** From its next request on it is served at another path or host. Its program learns it with the next generation. */
  moveTo({ contextPath, host = DEFAULT_HOST }: Pick<ApplicationSettings, 'contextPath' | 'host'>): void {
    this.contextPath = normaliseContextPath(contextPath)
    this.host = host
  }

  /** Whether it takes over connections for other protocols. */
  get acceptsUpgrades(): boolean {
    return this.#target?.acceptsUpgrades ?? false
  }

  /** Whether it takes CONNECT, which has no path that a rule could be for. */
  get acceptsConnect(): boolean {
    return this.#roles === undefined
  }

  /** Starts the program and opens its server. @throws SPY_APPLICATION_FAILED with the cause */
  async start(): Promise<void> {
    const startedAt = performance.now()
    try {
      await this.#guardRoles() // before the program can listen
      const program = (this.#program = await this.#startProgram())
      if (program.server && program.kind !== 'listen') await this.#open(program.server)
      this.state = 'started'
    } catch (error) {
      this.state = 'failed'
      this.#abort.abort()
      this.#failed(error)
      throw fail('SPY_APPLICATION_FAILED', [this.name, this.#settings.folder, messageOf(error)], error)
    }
    this.loadTimeS = (performance.now() - startedAt) / 1000
    this.#started(this.#program)
    this.#watch(this.#program)
    await this.#program.hooks.call('started')
  }

  /** Serves with a server of a program that was not started here. */
  async serveListening(server: Server, request: ListenRequest): Promise<void> {
    await this.#open(server, request)
    this.state = 'started'
  }

  /** Serves one request. `url` is its path and query as they came. */
  serve(event: RequestEvent, request: IncomingMessage, response: ServerResponse, url: string): void {
    if (isInner(request)) return this.#serveInner(event, request, response, url)
    const contextPath = this.#mountedAt(request)
    const arrival = { request, response, url, contextPath }
    if (this.#guards.length === 0) return this.#admit(event, arrival)
    whenPassed(passAll(this.#guards, new PassingRequest(arrival, this.#refused)), () => {
      if (isClosed(response)) unserved(arrival, this.#refused) // its client left while a guard decided: no end of it would come any more
      else this.#admit(event, arrival)
    })
  }

  #admit(event: RequestEvent, { request, response, url, contextPath }: Arrival): void {
    this.active++
    const exchange = new Exchange(this, this.#agent, { request, response, url, contextPath })
    if (this.#admission) exchange.epoch = this.#admission.gate.occupancy.enter()
    if (redirected(request, response, { url, contextPath })) return
    exchange.mount(this.#pathFor(url, contextPath))
    this.#call(event, request, response)
  }

  /** A request of our own. */
  #serveInner(event: RequestEvent, request: IncomingMessage, response: ServerResponse, url: string): void {
    const path = this.#pathFor(url, this.contextPath)
    if (path !== undefined) mountAt(request, url, path, this.contextPath)
    this.#call(event, request, response)
  }

  /** Hands over a connection that changes its protocol. `url` is the path and query of its request as they came. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): void {
    if (!this.#target) return answerOnSocket(socket, 'application_failed')
    const contextPath = this.#mountedAt(request)
    const passes = passAll(this.#guards, passingUpgrade({ request, socket, url, contextPath }, this.#refused))
    if (passes !== true) socket.on('error', ignore) // a client may break off while a guard decides, when nobody listens yet
    whenPassed(passes, () => {
      socket.off('error', ignore)
      if (socket.destroyed || socket.readableEnded) socket.destroy()
      else this.#takeOver(request, socket, head, this.#pathFor(url, contextPath))
    })
  }

  #takeOver(request: IncomingMessage, socket: Duplex, head: Buffer, path: string | undefined): void {
    if (path !== undefined) request.url = path
    this.upgrades.add(request, socket, head)
    this.#target?.emit('upgrade', request, socket, head)
  }

  /** Asks it for a path, without its context path; nobody counts it. Resolves with what is wrong. One that did not start is not asked. */
  async probe(path: string, timeoutMs: number): Promise<string | undefined> {
    if (this.state !== 'started' || !this.#target?.answersRequests) return undefined
    const { connection } = this.#around.place
    if (!(this.#target.server instanceof http.Server) || !connection) return probe(this.#target.emit, path, timeoutMs) // it speaks a protocol of its own
    const host = this.host === DEFAULT_HOST ? 'localhost' : this.host
    return await probeBySocket({ ...connection, host, url: `${this.contextPath}${path}` }, path, timeoutMs)
  }

  /** The generation ends: clients that keep a connection are told to make a new one. */
  drain(): void {
    this.upgrades.restart()
    this.#target?.drain()
  }

  /** Lets running requests end, then closes the application: at most `deadlineMs` in all. Its requests are served until then. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.state === 'stopped') return
    const { state } = this
    const endAt = performance.now() + deadlineMs
    this.state = 'stopping'
    this.#check?.stop()
    await this.#program?.hooks.call('stopping')
    await within(deadlineMs / 2, this.#drained())
    this.#abort.abort()
    if (state === 'started') await this.#close(Math.max(100, endAt - performance.now()))
    await this.#program?.hooks.call('stopped')
    await this.#around.accessLog?.stop()
    this.state = 'stopped'
    this.#admission?.close()
    this.#hide()
    this.#hideLoader?.()
  }

  async #close(deadlineMs: number): Promise<void> {
    try {
      await within(deadlineMs, this.#program?.close() ?? Promise.resolve())
    } catch (error) {
      this.#around.logger.error({ application: this.name, err: error }, 'application failed to close')
    }
  }

  #drained(): Promise<void> {
    return this.active === 0 ? Promise.resolve() : new Promise((resolve) => (this.#idle = resolve))
  }

  #startProgram(): Promise<Program> {
    const { folder, startTimeoutMs } = this.#settings
    const { place, resources, logger, keepAlive, onWaiting } = this.#around
    const log = logger.child({ application: this.name })
    const context = {
      name: this.name,
      contextPath: this.contextPath,
      datasource: <N extends string>(name: N) => resources!.datasource(name),
      session: (name: string) => resources!.get('sessions', name),
      logger: log,
      signal: this.#abort.signal,
    }
    return startProgram({
      settings: this.#settings,
      folder,
      context,
      startTimeoutMs,
      isAlone: place.isAlone,
      keepAlive,
      onError: (error, response) => this.#threw(error, response),
      onWaiting: () => onWaiting?.(this.name, startTimeoutMs),
      open: (server, request) => void this.#open(server, request),
      onFurther: ({ port, host }) => log.info({ port, host }, 'the application listens on a port of its own'),
    })
  }

  async #open(server: Server, request?: ListenRequest): Promise<void> {
    if (this.#roles?.canGuard(server) === false) return refuseServer(server, request, fail('SPY_ACCESS_PROTOCOL', [this.name]))
    const target = (this.#target = new ProgramServer(server))
    const upgrades = server.listenerCount('upgrade')
    const opening = this.#around.place.open(server, request)
    target.opened(upgrades)
    await opening
  }

  /** What the application is to see as the address; undefined where it stays as it came: a program that listens itself may be a proxy. */
  #pathFor(url: string, contextPath: string): string | undefined {
    if (contextPath === '' && (this.#program?.kind ?? 'listen') === 'listen') return undefined
    return stripContextPath(url, contextPath)
  }

  /** The router knows its present path, also before a generation is there that was started with it. */
  #mountedAt(request: IncomingMessage): string {
    return mountOf(request)?.contextPath ?? this.contextPath
  }

  #call(event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
    if (!this.#target) return answerRefused(request, response, 'application_failed')
    try {
      this.#target.emit(event, request, response)
    } catch (error) {
      this.#threw(error, response)
    }
  }

  #threw(error: unknown, response: ServerResponse): void {
    this.#around.logger.error({ application: this.name, err: error }, 'request handler failed')
    if (response.headersSent) response.destroy()
    else {
      const { status, headers, body } = errorAnswer(error)
      answerJson(response, status, body, headers)
    }
  }

  /** Called by the exchange, before the agent decides what becomes of the trace. */
  exchangeEnded(exchange: Exchange): void {
    this.active--
    this.requests++
    if (exchange.isError) this.errors++
    if (exchange.errorType !== undefined) this.#refusals.count(exchange.errorType)
    if (this.#admission) this.#left(exchange, this.#admission)
    const { accessLog, resources } = this.#around
    if (resources && exchange.traceId) resources.requestEnded(exchange.traceId)
    if (accessLog?.isEnabled) accessLog.write(exchange)
    if (this.active === 0) this.#idle?.()
  }

  #left(exchange: Exchange, { gate }: AdmissionGuard): void {
    gate.occupancy.leave(exchange.epoch)
    if (gate.isTimed && !exchange.aborted) gate.answered(exchange.durationMs)
  }

  #openAdmission(): AdmissionGuard | undefined {
    const { name, admission: present, health, ...used } = this.#settings
    const { admission, resources, instance, registry, logger } = this.#around
    if (!present || !admission) return undefined
    const settings = (): AdmissionSettings => this.#settings.admission ?? present
    const poolWaitMs = (): number => resources?.longestWaitMs(used) ?? 0
    return new AdmissionGuard({ name, instance, settings, healthPath: health?.path, admission, poolWaitMs, registry, logger })
  }

  #limits(): readonly Guard[] {
    const { rateLimits = [] } = this.#settings
    const { resources } = this.#around
    return resources ? rateLimits.map((name) => new LimitGuard(resources.get('rateLimits', name))) : []
  }

  /** Last: nobody is asked about a request that is refused anyway. Its module is loaded only where there are rules. */
  async #guardRoles(): Promise<void> {
    const { name, folder, realms = [] } = this.#settings
    const { access } = await readApplicationFile(folder)
    if (!access) return
    const { roleGuardOf } = await import('./entrance/role-guard.ts')
    this.#roles = roleGuardOf(access, { name, realms, resources: this.#around.resources })
    this.#guards = [...this.#guards, this.#roles]
  }

  /** Shows its loader, and looks at the files that it has loaded. */
  #watch({ loader, isReloadable, checkIntervalMs }: Program): void {
    const { registry, instance, logger, onModified } = this.#around
    const modified = (): number => this.#modified
    this.#hideLoader = registerLoader(registry, loader, { instance, application: this.name, isReloadable, modified })
    if (!isReloadable) return
    this.#check = new ModifiedCheck({
      intervalMs: checkIntervalMs,
      files: () => loader.watchedFiles(),
      onModified: (files) => {
        this.#modified++
        logger.info({ application: this.name, files }, 'files of the application have changed')
        onModified?.(this.name)
      },
    })
    void this.#check.start()
  }

  #started({ kind, version }: Program): void {
    const at = kind === 'worker' ? 'as a worker' : `at ${this.contextPath || '/'}`
    this.#emit('spyglass.application.started', `application ${this.name} started ${at}`, {
      version,
      kind,
      loadMs: Math.round(this.loadTimeS * 1000),
    })
    const { logger } = this.#around
    logger.info({ application: this.name, kind, contextPath: this.contextPath, loadS: this.loadTimeS }, 'application started')
  }

  #failed(error: unknown): void {
    this.#problem = messageOf(error)
    this.#around.logger.error({ application: this.name, folder: this.#settings.folder, err: error }, 'application failed to start')
    this.#emit('spyglass.application.failed', `application ${this.name} could not be started: ${this.#problem}`, {
      folder: this.#settings.folder,
    })
  }

  #emit(
    name: 'spyglass.application.started' | 'spyglass.application.failed',
    message: string,
    attributes: Readonly<Record<string, string | number>>,
  ): void {
    const resource = objectNameOf(kinds.application, { instance: this.#around.instance, name: this.name })
    this.#around.registry.emit({ name, resource, message, attributes: { application: this.name, ...attributes } })
  }

  /** Requests that workers of its cluster serve do not come by here; its process is its own, and so are all requests of its agent. */
  #counted(): { readonly requests: number; readonly errors: number; readonly active: number } {
    const workers = this.#around.place.isAlone && isClusterPrimary() ? this.#agent?.requestCounters() : undefined
    return workers ?? this
  }

  #getters() {
    return {
      instance: () => this.#around.instance,
      name: () => this.name,
      contextPath: () => this.contextPath || '/',
      version: () => this.#program?.version ?? '',
      state: () => this.state,
      folder: () => this.#settings.folder,
      problem: () => this.#problem,
      requests: () => this.#counted().requests,
      errors: () => this.#counted().errors,
      activeRequests: () => this.#counted().active,
      loadTime: () => this.loadTimeS,
      upgradedConnections: () => this.upgrades.open,
      upgrades: () => this.upgrades.total,
      messagesReceived: () => this.upgrades.counts.messagesReceived,
      messagesSent: () => this.upgrades.counts.messagesSent,
      ...(this.#admission?.getters() ?? NOT_GUARDED),
      refusals: () => this.#refusals.rows(),
      webSocketCloses: () => [...this.upgrades.counts.closes].map(([code, count]) => ({ code, count })),
    }
  }
}

const ignore = (): void => {}

/** What the kind shows of an application without admission. */
const NOT_GUARDED = { admission: () => 'off', inFlightLimit: () => undefined, refused: () => 0 } as const
