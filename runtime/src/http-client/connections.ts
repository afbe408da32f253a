/** The connections of an HTTP client, by the package undici: one set for each state of its settings. */
import type { HttpClientConfig } from '@spyglass/process/checked-config'
import { type Clock, within } from '../clock/index.ts'

/** What is used of undici. */
export interface Undici {
  readonly Pool: new (origin: string, options: object) => UndiciPool
  readonly fetch: (url: URL, init: object) => Promise<Response>
}

interface UndiciPool {
  /** `pending`: requests that were not sent, with those that wait for a connection. */
  readonly stats: { readonly connected: number; readonly pending: number }
  dispatch(options: object, handler: object): boolean
  close(): Promise<void>
  destroy(error?: Error): Promise<void>
}

interface Handler {
  onResponseEnd?(controller: unknown, trailers: unknown): unknown
  onResponseError?(controller: unknown, error: unknown): unknown
}

/** Loaded by the first request: who sends none does without. */
export const loadUndici = async (): Promise<Undici> => await import('undici')

export interface Connections {
  /** `host:port`. */
  readonly target: string
  readonly load: { readonly connections: number; readonly waiting: number }
  /** `ended` is told when the last byte has come, or why it has not. */
  fetch(url: URL, init: object, ended: (error?: unknown) => void): Promise<Response>
  /** Waits for what runs, at most so long. */
  close(deadlineMs: number): Promise<void>
}

export function openConnections(config: HttpClientConfig, around: { readonly undici: Undici; readonly clock: Clock }): Connections {
  const { url, max, connectTimeoutMs, timeoutMs } = config
  const { origin, host } = new URL(url)
  const pool = new around.undici.Pool(origin, {
    connections: max,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  return {
    target: host,
    get load() {
      const { connected, pending } = pool.stats
      return { connections: connected, waiting: pending }
    },
    fetch: (to, init, ended) => around.undici.fetch(to, { ...init, dispatcher: { dispatch: dispatchOf(pool, ended) } }),
    async close(deadlineMs) {
      await within(around.clock, deadlineMs, pool.close(), () => new DOMException('closed', 'AbortError')).catch(() => pool.destroy())
    },
  }
}

/** Is notified of the end of the answer, also where the application has only its head. */
const dispatchOf =
  (pool: UndiciPool, ended: (error?: unknown) => void) =>
  (options: object, handler: Handler): boolean =>
    pool.dispatch(
      options,
      Object.assign(Object.create(handler) as Handler, {
        onResponseEnd(this: Handler, controller: unknown, trailers: unknown): unknown {
          ended()
          return handler.onResponseEnd?.call(this, controller, trailers)
        },
        onResponseError(this: Handler, controller: unknown, error: unknown): unknown {
          ended(error)
          return handler.onResponseError?.call(this, controller, error)
        },
      }),
    )
