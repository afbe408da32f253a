/**
 * Follows the events of the server over the Jolokia protocol: registers as a client, subscribes, and keeps a stream of
 * server-sent events open. After an interruption it continues after the last event it saw. The endpoint reads what was missed from the journal of events, so that a
 * client that it has forgotten only registers again.
 */
import type { SpyglassEvent } from '@spyglass/agent/contract'
import type { OwnFetch } from '@spyglass/process/own-client'
import { fail } from '../errors.ts'
import { reasonOf } from '../source/jolokia-client.ts'
import { createSseParser, type SseMessage } from './sse-parser.ts'

export interface EventStreamOptions {
  /** `http://127.0.0.1:8778/jolokia` */
  readonly url: string
  /** Where to begin: after the event at this position. If omitted, with what happens from now on. */
  readonly after?: number | undefined
  readonly onEvent: (event: SpyglassEvent, position: number) => void
  /** Called when the stream opens, and with the error when it breaks or cannot be opened. */
  readonly onChange: (error?: unknown) => void
  /** First pause before another attempt; it doubles up to {@link MAX_BACKOFF_MS}. Default 250. */
  readonly backOffMs?: number
  /** Silence after which the stream counts as dead: the endpoint sends a heartbeat every 10 s. Default 30 000. */
  readonly silenceMs?: number
  /** Default: `fetch`. */
  readonly fetch?: OwnFetch
}

export interface EventStream {
  /** Resolves when the first attempt has succeeded or failed. */
  readonly attempted: Promise<void>
  /** Begins again after the event at this position. */
  readAgain(after: number): void
  stop(): Promise<void>
}

const MAX_BACKOFF_MS = 1000
const EVENTS = 'spyglass:type=Events'
const REQUEST_TIMEOUT_MS = 5000

export function followEvents(options: EventStreamOptions): EventStream {
  const stopping = new AbortController()
  const session = new Session(options, stopping.signal)
  const first = Promise.withResolvers<void>()
  const onChange = (error?: unknown): void => {
    first.resolve()
    options.onChange(error)
  }
  const running = follow(session, { ...options, onChange }, stopping.signal)
  return {
    attempted: first.promise,
    readAgain: (after) => session.readAgain(after),
    async stop() {
      stopping.abort()
      await running
      await session.leave()
    },
  }
}

async function follow(session: Session, { onChange, backOffMs = 250 }: EventStreamOptions, signal: AbortSignal): Promise<void> {
  let pauseMs = backOffMs
  while (!signal.aborted) {
    try {
      await session.run(() => {
        pauseMs = backOffMs
        onChange()
      })
    } catch (error) {
      if (signal.aborted) return
      onChange(error)
    }
    await pause(pauseMs, signal)
    pauseMs = Math.min(MAX_BACKOFF_MS, pauseMs * 2)
  }
}

/** State kept across reconnects: the client's id and the last event seen. */
class Session {
  readonly #options: EventStreamOptions
  readonly #signal: AbortSignal
  #client: string | undefined
  #lastId: string | undefined
  /** Ends the present connection without a failure. */
  #again = new AbortController()
  readonly #fetch: OwnFetch

  constructor(options: EventStreamOptions, signal: AbortSignal) {
    this.#options = options
    this.#fetch = options.fetch ?? fetch
    this.#signal = signal
    this.#lastId = options.after === undefined ? undefined : String(options.after)
  }

  readAgain(after: number): void {
    this.#lastId = String(after)
    this.#again.abort()
  }

  /** Runs until the stream breaks, then throws; returns when it is to be read again. */
  async run(onOpen: () => void): Promise<void> {
    const { url, silenceMs = 30_000 } = this.#options
    this.#client ??= await this.#register()
    const silence = new AbortController()
    const { signal: again } = (this.#again = new AbortController())
    const timer = setTimeout(() => silence.abort(), silenceMs)
    try {
      const response = await this.#fetch(`${url}/notification/open/${this.#client}/sse`, {
        headers: { accept: 'text/event-stream', ...(this.#lastId === undefined ? {} : { 'last-event-id': this.#lastId }) },
        signal: AbortSignal.any([this.#signal, silence.signal, again]),
        redirect: 'error',
      })
      if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) this.#forget(await response.text())
      onOpen()
      const parser = createSseParser((message) => this.#take(message))
      for await (const chunk of response.body) {
        if (again.aborted) return
        timer.refresh()
        parser.push(chunk)
      }
      throw fail('SPY_SNMP_EVENTS', [url, 'it ended'])
    } catch (error) {
      if (again.aborted) return
      throw silence.signal.aborted ? fail('SPY_SNMP_EVENTS', [url, `silent for ${silenceMs} ms`], error) : this.#broken(error)
    } finally {
      clearTimeout(timer)
    }
  }

  async leave(): Promise<void> {
    if (this.#client === undefined) return
    try {
      await this.#fetch(`${this.#options.url}/notification/unregister/${this.#client}`, { signal: AbortSignal.timeout(500) })
    } catch {
      // the endpoint is down or slow; it expires the client by itself
    }
  }

  async #register(): Promise<string> {
    const { id } = (await this.#ask('notification/register')) as { id: string }
    await this.#ask(`notification/add/${id}/sse/${EVENTS}`)
    return id
  }

  async #ask(path: string): Promise<unknown> {
    const { url } = this.#options
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)])
    try {
      const response = await this.#fetch(`${url}/${path}`, { signal, redirect: 'error' })
      const { status, value, error } = (await response.json()) as { status: number; value: unknown; error?: string }
      if (status !== 200) throw fail('SPY_SNMP_EVENTS', [url, `status ${status} ${error ?? ''}`])
      return value
    } catch (error) {
      throw this.#broken(error)
    }
  }

  /** The endpoint no longer knows the client. */
  #forget(answer: string): never {
    this.#client = undefined
    throw fail('SPY_SNMP_EVENTS', [this.#options.url, `it could not be opened: ${answer.slice(0, 200)}`])
  }

  #broken(error: unknown): unknown {
    return error instanceof Error && 'code' in error && error.code === 'SPY_SNMP_EVENTS'
      ? error
      : fail('SPY_SNMP_EVENTS', [this.#options.url, reasonOf(error)], error)
  }

  #take({ id, data }: SseMessage): void {
    const { notifications = [] } = JSON.parse(data) as { notifications?: readonly { userData?: unknown }[] }
    for (const { userData } of notifications) if (isEvent(userData)) this.#options.onEvent(userData, Number(id ?? this.#lastId ?? 0))
    this.#lastId = id ?? this.#lastId
  }
}

function isEvent(value: unknown): value is SpyglassEvent {
  const event = value as Partial<SpyglassEvent> | null | undefined
  return typeof event === 'object' && event !== null && typeof event.name === 'string' && typeof event.resource === 'string'
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
