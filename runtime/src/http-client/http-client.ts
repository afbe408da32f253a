/**
 * What an application gets of an HTTP client: `fetch` over connections that are bounded, measured and its own. Each call has a time limit from its begin to the
 * last byte of the answer, so that an answer that nobody reads does not keep its connection either.
 */
import type { HttpClientConfig } from '@spyglass/process/checked-config'
import { messageOf } from '@spyglass/agent/contract'
import type { Clock } from '../clock/index.ts'
import { CallFigures } from '../outgoing/index.ts'
import { fail, unavailable } from './errors.ts'
import { type Connections, loadUndici, openConnections, type Undici } from './connections.ts'

export interface HttpClientOptions {
  readonly clock: Clock
  readonly passwordOf: (config: HttpClientConfig) => string | undefined
}

const NO_LOAD = { connections: 0, waiting: 0 } as const

/** A token is read again when this is over: a request must not wait for a disk each time. */
const READ_AGAIN_MS = 5000

export class HttpClient {
  readonly figures: CallFigures
  readonly #options: HttpClientOptions
  #config: HttpClientConfig
  #undici: Undici | undefined
  /** Those with the present settings, from the first request on. */
  #connections: Connections | undefined
  #isClosed = false
  #authorization: { readonly value: string | undefined; readonly readAt: number } | undefined

  constructor(config: HttpClientConfig, options: HttpClientOptions) {
    this.#config = config
    this.#options = options
    this.figures = new CallFigures(() => options.clock.now())
  }

  get config(): HttpClientConfig {
    return this.#config
  }

  /** Open connections, and requests that wait for one. */
  get load(): { readonly connections: number; readonly waiting: number } {
    return this.#connections?.load ?? NO_LOAD
  }

  /**
   * As the global `fetch`, for a path below the `url` of the configuration. Redirects are not followed; an answer of any status is an answer.
   * @throws SPY_HTTP_CLIENT_TIMEOUT, SPY_HTTP_CLIENT_BUSY and SPY_HTTP_CLIENT_FAILED, with statusCode 503
   *
   * @example
   * const answer = await httpClient('payments').fetch('/charges', { method: 'POST', body: JSON.stringify(charge) })
   */
  async fetch(path: string, given: RequestInit = {}): Promise<Response> {
    const init = given.body instanceof FormData ? await encodedForm(given, given.body) : given
    if (this.#isClosed) throw fail('SPY_HTTP_CLIENTS_CLOSED')
    const url = this.#urlOf(path)
    const { name, maxWaiting, timeoutMs } = this.#config
    const connections = this.#connectionsOf(await this.#package())
    const { target, load } = connections
    if (load.waiting >= maxWaiting) {
      this.figures.refused++
      throw unavailable('SPY_HTTP_CLIENT_BUSY', [name, load.waiting, target])
    }
    const headers = this.#headersOf(init)
    const abort = new AbortController()
    const late = unavailable('SPY_HTTP_CLIENT_TIMEOUT', [name, target, timeoutMs])
    const call = this.#begin(() => abort.abort(late), timeoutMs)
    const signal = init.signal ? AbortSignal.any([init.signal, abort.signal]) : abort.signal
    try {
      return await connections.fetch(url, { ...init, headers, signal, redirect: 'manual' }, (error) => call.end(error, error === late))
    } catch (error) {
      const isLate = error === late
      const isOfNetwork = isNetworkError(error) && init.signal?.aborted !== true
      call.end(error, isLate, !isLate && !isOfNetwork)
      if (!isOfNetwork) throw error
      throw unavailable('SPY_HTTP_CLIENT_FAILED', [name, target, messageOf((error as Error).cause ?? error)], error)
    }
  }

  /** Requests that run end with the settings that they began with. */
  configure(config: HttpClientConfig): void {
    const before = this.#connections
    this.#config = config
    this.#authorization = undefined
    this.#connections = undefined
    void before?.close(config.timeoutMs)
  }

  async close(deadlineMs: number): Promise<void> {
    this.#isClosed = true
    await this.#connections?.close(deadlineMs)
  }

  async #package(): Promise<Undici> {
    this.#undici ??= await loadUndici()
    return this.#undici
  }

  #connectionsOf(undici: Undici): Connections {
    this.#connections ??= openConnections(this.#config, { undici, clock: this.#options.clock })
    return this.#connections
  }

  #begin(late: () => void, timeoutMs: number) {
    const end = this.figures.begin()
    const stop = this.#options.clock.after(timeoutMs, late)
    let isOver = false
    return {
      end(error: unknown, isTimeout: boolean, isOurs = false): void {
        if (isOver) return
        isOver = true
        stop()
        end(error === undefined ? undefined : { error, isTimeout, isDown: !isOurs })
      },
    }
  }

  /** @throws SPY_HTTP_CLIENT_PLACE */
  #urlOf(path: string): URL {
    const { name, url } = this.#config
    const base = new URL(url)
    const folder = base.pathname.replace(/\/?$/, '/')
    const found = URL.parse(path.replace(/^\/(?!\/)/, ''), new URL(folder, base).href)
    if (found?.origin !== base.origin || !found.pathname.startsWith(folder)) throw fail('SPY_HTTP_CLIENT_PLACE', [name, path])
    found.username = ''
    return found
  }

  #headersOf({ headers: given }: RequestInit): Headers {
    const headers = new Headers(given)
    const authorization = this.#authorizationNow()
    if (authorization !== undefined && !headers.has('authorization')) headers.set('authorization', authorization)
    return headers
  }

  #authorizationNow(): string | undefined {
    const { clock, passwordOf } = this.#options
    const now = clock.now()
    if (!this.#authorization || now - this.#authorization.readAt > READ_AGAIN_MS)
      this.#authorization = { value: authorizationOf(this.#config, passwordOf(this.#config)), readAt: now }
    return this.#authorization.value
  }
}

/** The package undici takes the FormData of Node.js for a text. */
async function encodedForm(init: RequestInit, form: FormData): Promise<RequestInit> {
  const encoded = new Response(form)
  const headers = new Headers(init.headers)
  if (!headers.has('content-type')) headers.set('content-type', encoded.headers.get('content-type') ?? '')
  return { ...init, headers, body: await encoded.arrayBuffer() }
}

function authorizationOf({ url }: HttpClientConfig, password: string | undefined): string | undefined {
  const user = decodeURIComponent(new URL(url).username)
  if (user !== '') return `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`
  return password === undefined ? undefined : `Bearer ${password}`
}

/** fetch says TypeError of what is wrong with the call as well; the network gives it a cause. */
const isNetworkError = (error: unknown): boolean => error instanceof TypeError && error.cause !== undefined
