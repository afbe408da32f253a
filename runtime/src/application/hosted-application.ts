/** One application in an instance: its start and stop, and each of its requests from the listener to the last byte. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Registry, currentAgent, kinds, objectNameOf } from '@spyglass/agent'
import type { Logger } from '@spyglass/process/logger'
import type { AccessLog } from '../access-log/index.ts'
import type { Datasources } from '../datasource/index.ts'
import type { RequestHandler } from './application-context.ts'
import { errorAnswer } from './error-answer.ts'
import { normaliseContextPath, stripContextPath } from './context-path.ts'
import { fail } from './errors.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'
import { DEFAULT_HOST } from './host-table.ts'
import { type LoadedApplication, loadApplication } from './load-application.ts'

/** What the configuration says of an application. */
export interface ApplicationSettings {
  readonly name: string
  /** Absolute path. */
  readonly folder: string
  readonly contextPath: string
  /** Virtual host; `server` by default. */
  readonly host?: string
  readonly startTimeoutMs: number
}

export interface ApplicationSurroundings {
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
  readonly #settings: ApplicationSettings
  readonly #around: ApplicationSurroundings
  readonly #agent = currentAgent()
  readonly #abort = new AbortController()
  readonly #hide: () => void
  #loaded: LoadedApplication | undefined
  #handler: RequestHandler = () => undefined
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

  /** Loads the application and calls its factory. @throws SPY_APPLICATION_FAILED with the cause */
  async start(): Promise<void> {
    const startedAt = performance.now()
    try {
      this.#loaded = await this.#load()
    } catch (error) {
      this.state = 'failed'
      this.#abort.abort()
      this.#failed(error)
      throw fail('SPY_APPLICATION_FAILED', [this.name, this.#settings.folder, messageOf(error)], error)
    }
    this.#handler = this.#loaded.handler
    this.loadTimeS = (performance.now() - startedAt) / 1000
    this.state = 'started'
    this.#emit('spyglass.application.started', `application ${this.name} started at ${this.contextPath || '/'}`, {
      version: this.#loaded.version,
      loadMs: Math.round(this.loadTimeS * 1000),
    })
    this.#around.logger.info({ application: this.name, contextPath: this.contextPath, loadS: this.loadTimeS }, 'application started')
  }

  /** Serves one request. `url` is its path and query as they came. */
  serve(request: IncomingMessage, response: ServerResponse, url: string): void {
    this.active++
    const exchange = new Exchange(this, this.#agent, { request, response, url })
    if (this.#redirected(request, response, url)) return
    exchange.mount(stripContextPath(url, this.contextPath))
    this.#call(request, response)
  }

  /** Lets running requests end, then closes the application: at most `deadlineMs` in all. Its requests are served until then. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.state === 'stopped') return
    const { state } = this
    const endAt = performance.now() + deadlineMs
    this.state = 'stopping'
    await within(deadlineMs / 2, this.#drained())
    this.#abort.abort()
    if (state === 'started') await this.#close(Math.max(100, endAt - performance.now()))
    await this.#around.accessLog?.stop()
    this.state = 'stopped'
    this.#hide()
  }

  async #close(deadlineMs: number): Promise<void> {
    try {
      await within(deadlineMs, this.#loaded?.close() ?? Promise.resolve())
    } catch (error) {
      this.#around.logger.error({ application: this.name, err: error }, 'application failed to close')
    }
  }

  #drained(): Promise<void> {
    return this.active === 0 ? Promise.resolve() : new Promise((resolve) => (this.#idle = resolve))
  }

  async #load(): Promise<LoadedApplication> {
    const { folder, startTimeoutMs } = this.#settings
    const loading = loadApplication(folder, {
      name: this.name,
      contextPath: this.contextPath,
      datasource: (name) => this.#around.datasources.get(name),
      logger: this.#around.logger.child({ application: this.name }),
      signal: this.#abort.signal,
    })
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(fail('SPY_APPLICATION_START_TIMEOUT', [startTimeoutMs])), startTimeoutMs)
    })
    try {
      return await Promise.race([loading, timeout])
    } catch (error) {
      // One that comes too late must not stay open unseen.
      loading.then(
        (late) => late.close(),
        () => undefined,
      )
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** `/shop` becomes `/shop/`, as in Tomcat: relative links of the first page would otherwise lead out of the application. */
  #redirected(request: IncomingMessage, response: ServerResponse, url: string): boolean {
    if (this.contextPath === '' || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    const rest = url.slice(this.contextPath.length)
    if (rest !== '' && !rest.startsWith('?')) return false
    response.writeHead(302, { location: `${this.contextPath}/${rest}`, 'content-length': 0 }).end()
    return true
  }

  #call(request: IncomingMessage, response: ServerResponse): void {
    try {
      const result = this.#handler(request, response)
      if (result instanceof Promise) result.catch((error: unknown) => this.#threw(error, response))
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
    if (exchange.traceId) this.#around.datasources.requestEnded(exchange.traceId)
    this.#around.accessLog?.write(exchange.accessEntry())
    if (this.active === 0) this.#idle?.()
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
      version: () => this.#loaded?.version ?? '',
      state: () => this.state,
      folder: () => this.#settings.folder,
      requests: () => this.requests,
      errors: () => this.errors,
      activeRequests: () => this.active,
      loadTime: () => this.loadTimeS,
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
