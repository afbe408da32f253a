/** One application in an instance: its start and stop, and each of its requests from the listener to the last byte. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Registry, currentAgent, kinds, objectNameOf } from '@spyglass/agent'
import type { Logger } from '@spyglass/process/logger'
import type { AccessLog } from '../access-log/index.ts'
import type { Datasources } from '../datasource/index.ts'
import type { RequestEvent } from '../listener/http-listener.ts'
import { errorAnswer } from './error-answer.ts'
import { normaliseContextPath, stripContextPath } from './context-path.ts'
import { fail } from './errors.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'
import { DEFAULT_HOST } from './host-table.ts'
import type { EntrySettings } from './program/entry.ts'
import type { Program } from './program/program.ts'
import type { ListenRequest } from './program/listen-request.ts'
import { startProgram } from './program/start-program.ts'
import { registerLoader } from './loader/loader-resource.ts'
import { ModifiedCheck } from './loader/modified-check.ts'
import { ProgramServer } from './program-server.ts'
import { Upgrades } from './upgrade/upgrades.ts'

/** What the configuration says of an application. */
export interface ApplicationSettings extends EntrySettings {
  readonly name: string
  /** Absolute path. */
  readonly folder: string
  readonly contextPath: string
  /** Virtual host; `server` by default. */
  readonly host?: string
  readonly startTimeoutMs: number
}

/** Where the server of an application is opened. */
export interface Place {
  /** Whether the process is the application's own. */
  readonly isAlone: boolean
  /** Opens it: requests reach the application from now on. `request` is what the program asked for if it called `listen()` itself. */
  open(server: Server, request?: ListenRequest): Promise<void>
}

export interface ApplicationSurroundings {
  /** Called when the files of a reloadable application have changed. */
  readonly onModified?: ((application: string) => void) | undefined
  readonly place: Place
  readonly instance: string
  readonly registry: Registry
  readonly logger: Logger
  readonly datasources: Datasources
  /** If omitted, requests are not logged. */
  readonly accessLog?: AccessLog | undefined
}

export class HostedApplication implements ExchangeOwner {
  readonly name: string
  readonly contextPath: string
  readonly host: string
  state: 'loading' | 'started' | 'failed' | 'stopping' | 'stopped' = 'loading'
  requests = 0
  errors = 0
  active = 0
  loadTimeS = 0
  readonly upgrades = new Upgrades()
  readonly #settings: ApplicationSettings
  readonly #around: ApplicationSurroundings
  readonly #agent = currentAgent()
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
    const keys = { instance: surroundings.instance, name: settings.name }
    this.#hide = surroundings.registry.register(kinds.application, keys, this.#getters())
  }

  /** Whether it takes over connections for other protocols. */
  get acceptsUpgrades(): boolean {
    return this.#target?.acceptsUpgrades ?? false
  }

  /** Starts the program and opens its server. @throws SPY_APPLICATION_FAILED with the cause */
  async start(): Promise<void> {
    const startedAt = performance.now()
    try {
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

  /** Serves one request. `url` is its path and query as they came. */
  serve(event: RequestEvent, request: IncomingMessage, response: ServerResponse, url: string): void {
    this.active++
    const exchange = new Exchange(this, this.#agent, { request, response, url })
    if (this.#redirected(request, response, url)) return
    exchange.mount(this.#pathFor(url))
    this.#call(event, request, response)
  }

  /** Hands over a connection that changes its protocol. `url` is the path and query of its request as they came. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): void {
    const path = this.#pathFor(url)
    if (path !== undefined) request.url = path
    this.upgrades.add(request, socket, head)
    this.#target?.emit('upgrade', request, socket, head)
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
    const { place, datasources, logger } = this.#around
    const log = logger.child({ application: this.name })
    const context = {
      name: this.name,
      contextPath: this.contextPath,
      datasource: (name: string) => datasources.get(name),
      logger: log,
      signal: this.#abort.signal,
    }
    return startProgram({
      settings: this.#settings,
      folder,
      context,
      startTimeoutMs,
      isAlone: place.isAlone,
      onError: (error, response) => this.#threw(error, response),
      open: (server, request) => void this.#open(server, request),
      onFurther: ({ port, host }) => log.info({ port, host }, 'the application listens on a port of its own'),
    })
  }

  #open(server: Server, request?: ListenRequest): Promise<void> {
    const target = (this.#target = new ProgramServer(server))
    const upgrades = server.listenerCount('upgrade')
    const opening = this.#around.place.open(server, request)
    target.opened(upgrades)
    return opening
  }

  /** What the application is to see as the address; undefined where it stays as it came: a program that listens itself may be a proxy. */
  #pathFor(url: string): string | undefined {
    if (this.contextPath === '' && this.#program?.kind === 'listen') return undefined
    return stripContextPath(url, this.contextPath)
  }

  /** `/shop` becomes `/shop/`, as in Tomcat: relative links of the first page would otherwise lead out of the application. */
  #redirected(request: IncomingMessage, response: ServerResponse, url: string): boolean {
    if (this.contextPath === '' || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    const rest = url.slice(this.contextPath.length)
    if (rest !== '' && !rest.startsWith('?')) return false
    response.writeHead(302, { location: `${this.contextPath}/${rest}`, 'content-length': 0 }).end()
    return true
  }

  #call(event: RequestEvent, request: IncomingMessage, response: ServerResponse): void {
    if (!this.#target) return this.#refuse(response)
    try {
      this.#target.emit(event, request, response)
    } catch (error) {
      this.#threw(error, response)
    }
  }

  /** It failed to start, and the applications beside it did not. */
  #refuse(response: ServerResponse): void {
    answerJson(response, 503, { statusCode: 503, error: 'Service Unavailable', message: `application ${this.name} failed to start` })
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
    if (exchange.traceId) this.#around.datasources.requestEnded(exchange.traceId)
    this.#around.accessLog?.write(exchange.accessEntry())
    if (this.active === 0) this.#idle?.()
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
    this.#around.logger.error({ application: this.name, folder: this.#settings.folder, err: error }, 'application failed to start')
    this.#emit('spyglass.application.failed', `application ${this.name} could not be started: ${messageOf(error)}`, {
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

  #getters() {
    return {
      instance: () => this.#around.instance,
      name: () => this.name,
      contextPath: () => this.contextPath || '/',
      version: () => this.#program?.version ?? '',
      state: () => this.state,
      folder: () => this.#settings.folder,
      requests: () => this.requests,
      errors: () => this.errors,
      activeRequests: () => this.active,
      loadTime: () => this.loadTimeS,
      upgradedConnections: () => this.upgrades.open,
      upgrades: () => this.upgrades.total,
      messagesReceived: () => this.upgrades.counts.messagesReceived,
      messagesSent: () => this.upgrades.counts.messagesSent,
      webSocketCloses: () => [...this.upgrades.counts.closes].map(([code, count]) => ({ code, count })),
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Answers with a JSON body. */
export function answerJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const text = JSON.stringify(body)
  const own = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) }
  response.writeHead(status, { ...headers, ...own }).end(text)
}

/** Waits for a promise, but no longer than `ms`. */
export async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
