/**
 * One request of an application, from the listener to the last byte of its answer. The agent knows when it came, ended and by which route:
 * it is asked once for each request, and tells the end. Without an agent the exchange finds the same out by itself.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Agent, RequestObserver } from '@spyglass/agent'
import type { AccessEntry } from '../access-log/index.ts'
import { clientAddressOf, refusalOf } from '@spyglass/process/listener'
import { mountAt } from './mounted-request.ts'
import { routeOf } from './route-of-request.ts'
import { userOf } from './signed-in.ts'

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

export class Exchange implements RequestObserver, AccessEntry {
  readonly response: ServerResponse
  readonly #request: IncomingMessage
  readonly #owner: ExchangeOwner
  /** Path and query as they came. */
  readonly #url: string
  /** Of its application, for this request. */
  readonly #contextPath: string
  /** Nobody knows it any more when the client is gone. */
  readonly clientAddress: string | undefined
  readonly #told: Told
  /** When it was admitted, as the gate of its application counts. */
  epoch = 0
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
    this.clientAddress = clientAddressOf(http.request)
    this.#told = agent?.observeRequest(this, http.response) ?? this.#watch()
  }

  #watch(): Told {
    if (isClosed(this.response)) process.nextTick(() => this.requestEnded()) // no event will come any more
    else this.response.on('close', () => this.requestEnded())
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

  // The exchange as the access log tells it, when it has ended.

  get request(): IncomingMessage {
    return this.#request
  }

  get time(): number {
    return this.#told.startTime
  }

  get method(): string {
    return this.#request.method ?? ''
  }

  get path(): string {
    const question = this.#url.indexOf('?')
    return question < 0 ? this.#url : this.#url.slice(0, question)
  }

  get query(): string | undefined {
    const question = this.#url.indexOf('?')
    return question < 0 ? undefined : this.#url.slice(question + 1)
  }

  get httpVersion(): string {
    return this.#request.httpVersion
  }

  get route(): string | undefined {
    return this.#told.routeTemplate === '' ? undefined : this.#told.route
  }

  get status(): number | undefined {
    const { headersSent, statusCode } = this.response
    const status = refusalOf(this.response)?.status ?? (headersSent ? statusCode : 0)
    return status === 0 ? undefined : status
  }

  get bodySize(): number | undefined {
    return this.response.writableFinished ? bodySize(this.method, this.response) : undefined
  }

  get durationMs(): number {
    return this.#told.durationMs
  }

  get user(): string | undefined {
    return userOf(this.#request)
  }

  get userAgent(): string | undefined {
    return this.#request.headers['user-agent']
  }

  get referer(): string | undefined {
    return this.#request.headers.referer
  }

  get spanId(): string | undefined {
    return this.#told.spanId
  }

  get aborted(): boolean {
    return !this.response.writableFinished && refusalOf(this.response) === undefined
  }

  get errorType(): string | undefined {
    return refusalOf(this.response)?.reason
  }
}

/** Whether nothing can be sent any more: all was, or the client is gone. The responses of a program's own HTTP/2 server know it by their stream alone. */
export const isClosed = (response: ServerResponse & { readonly stream?: { readonly destroyed: boolean } }): boolean =>
  response.closed || response.stream?.destroyed === true

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
