/**
 * One request of an application, from the listener to the last byte of its answer. The agent knows when it came, ended and by which route:
 * it is asked once for each request, and tells the end. Without an agent the exchange finds the same out by itself.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Agent, RequestObserver } from '@spyglass/agent'
import type { AccessEntry } from '../access-log/index.ts'
import { clientAddressOf, refusalOf } from '@spyglass/process/listener'
import { routeOf } from './route-of-request.ts'

type Mounted = IncomingMessage & { originalUrl?: string }

/** What the exchange knows about its request; if the agent records it, the agent's own record. */
interface Told {
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  /** Empty while no route is known. */
  readonly routeTemplate: string
  /** With the context path. */
  readonly route: string
  readonly startTime: number
  readonly durationMs: number
}

/** The application that serves the exchange. */
export interface ExchangeOwner {
  readonly name: string
  readonly contextPath: string
  exchangeEnded(exchange: Exchange): void
}

export class Exchange implements RequestObserver {
  readonly response: ServerResponse
  readonly #request: Mounted
  readonly #owner: ExchangeOwner
  /** Path and query as they came. */
  readonly #url: string
  /** Of its application, for this request. */
  readonly #contextPath: string
  /** Nobody knows it any more when the client is gone. */
  readonly #clientAddress: string | undefined
  readonly #told: Told
  /** Whether an application has it. */
  #isMounted = false

  /** `contextPath`: default that of the owner. */
  constructor(
    owner: ExchangeOwner,
    agent: Agent | undefined,
    http: { request: IncomingMessage; response: ServerResponse; url: string; contextPath?: string },
  ) {
    this.#owner = owner
    this.#contextPath = http.contextPath ?? owner.contextPath
    this.#request = http.request
    this.response = http.response
    this.#url = http.url
    this.#clientAddress = clientAddressOf(http.request)
    this.#told = agent?.observeRequest(this, http.response) ?? this.#watch()
  }

  #watch(): Told {
    this.response.on('close', () => this.requestEnded())
    return new Unrecorded(this.#request, this.#contextPath)
  }

  get mountedAt(): string | undefined {
    return this.#isMounted ? this.#contextPath : undefined
  }

  get application(): string | undefined {
    return this.#isMounted ? this.#owner.name : undefined
  }

  /** Hands the request to the application as if it were mounted at the root. Without a path the address stays as it came. */
  mount(path: string | undefined): void {
    this.#isMounted = true
    if (path !== undefined) mountAt(this.#request, this.#url, path, this.#contextPath)
  }

  requestEnded(): void {
    this.#owner.exchangeEnded(this)
  }

  get traceId(): string | undefined {
    return this.#told.traceId
  }

  /** An answer of 5xx, or one that broke off because of an error. */
  get isError(): boolean {
    const { response } = this
    return response.statusCode >= 500 || (response.errored !== null && !response.writableFinished)
  }

  /** The exchange as the access log tells it, when it has ended. */
  accessEntry(): AccessEntry {
    const told = this.#told
    const url = this.#url
    const { method = '', httpVersion, headers } = this.#request
    const { headersSent, writableFinished, statusCode } = this.response
    const refusal = refusalOf(this.response)
    const question = url.indexOf('?')
    return {
      time: told.startTime,
      clientAddress: this.#clientAddress,
      method,
      path: question < 0 ? url : url.slice(0, question),
      query: question < 0 ? undefined : url.slice(question + 1),
      httpVersion,
      route: told.routeTemplate === '' ? undefined : told.route,
      status: statusOf(refusal?.status ?? (headersSent ? statusCode : 0)),
      bodySize: writableFinished ? bodySize(method, this.response) : undefined,
      durationMs: told.durationMs,
      userAgent: headers['user-agent'],
      referer: headers.referer,
      traceId: told.traceId,
      spanId: told.spanId,
      aborted: !writableFinished && refusal === undefined,
      errorType: refusal?.reason,
      request: this.#request,
      response: this.response,
    }
  }
}

/** Shows an application a request as if it were mounted at the root. `url`: path and query as they came; `path`: what the application sees. */
export function mountAt(request: Mounted, url: string, path: string, contextPath: string): void {
  request.originalUrl = url
  request.url = path
  if (contextPath === '') return
  const { headers } = request
  headers[PREFIX] = prefixOf(headers[PREFIX], contextPath)
}

/** Programs build their links with it. A proxy in front may have taken off a prefix of its own. */
const PREFIX = 'x-forwarded-prefix'

const prefixOf = (before: string | string[] | undefined, contextPath: string): string =>
  before === undefined ? contextPath : String(before).replace(/\/+$/, '') + contextPath

/** 0 stands for none. */
const statusOf = (status: number): number | undefined => (status === 0 ? undefined : status)

/** A request that no agent records. */
class Unrecorded implements Told {
  readonly traceId = undefined
  readonly spanId = undefined
  readonly startTime = Date.now()
  readonly #startedAt = performance.now()
  readonly #request: IncomingMessage
  readonly #contextPath: string

  constructor(request: IncomingMessage, contextPath: string) {
    this.#request = request
    this.#contextPath = contextPath
  }

  get routeTemplate(): string {
    return routeOf(this.#request) ?? ''
  }

  get route(): string {
    return this.routeTemplate === '/' ? this.#contextPath || '/' : this.#contextPath + this.routeTemplate
  }

  get durationMs(): number {
    return performance.now() - this.#startedAt
  }
}

/**
 * Known where the length was stated; a chunked body is not measured, because counting would cost every request. Headers given to
 * `writeHead`, as Fastify does, cannot be read back, hence Node's own private note of the length.
 */
function bodySize(method: string, response: ServerResponse & { readonly _contentLength?: unknown }): number | undefined {
  if (method === 'HEAD' || response.statusCode === 204 || response.statusCode === 304) return 0
  const { _contentLength: length } = response
  return typeof length === 'number' ? length : undefined
}
