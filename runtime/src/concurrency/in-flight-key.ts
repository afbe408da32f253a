/** One request in flight for a key, such as an account: a second one is refused until the handler of the first has ended. In one process. */
import { type Middleware, middlewareOf } from '../middleware/index.ts'
import { fail } from './errors.ts'

export interface InFlightKeyOptions<Request> {
  /** Undefined: the request is let through. `request` is that of the framework. */
  readonly keyOf?: (request: Request) => string | undefined | Promise<string | undefined>
  /** How long a key stays taken after its client has gone, if the handler does not end. Default: a minute. */
  readonly maxHoldMs?: number
}

export interface InFlightKey<Request> extends Middleware<Request> {
  /** Runs the task, unless one runs for the same key. @throws SPY_KEY_IN_FLIGHT, with statusCode 409 */
  run<T>(key: string, task: () => T | Promise<T>): Promise<T>
  /** Keys for which something runs. */
  readonly size: number
}

/**
 * @example
 * const oneForEach = inFlightKey({ keyOf: (request) => request.user?.id })
 * app.use('/checkout', oneForEach.express)
 */
export function inFlightKey<Request = unknown>({ keyOf, maxHoldMs = 60_000 }: InFlightKeyOptions<Request> = {}): InFlightKey<Request> {
  const keys = new Set<string>()
  const take = (key: string): boolean => !keys.has(key) && keys.add(key) !== undefined
  const middleware = middlewareOf<Request>(async (request) => {
    const key = await keyOf?.(request)
    if (key === undefined) return {}
    if (!take(key)) return { reason: 'key_in_flight', fields: { 'retry-after': '1' } }
    return { handled: { release: () => keys.delete(key), maxHoldMs } }
  })
  return {
    ...middleware,
    get size() {
      return keys.size
    },
    async run(key, task) {
      if (!take(key)) throw fail('SPY_KEY_IN_FLIGHT', [JSON.stringify(key.slice(0, 64))])
      try {
        return await task()
      } finally {
        keys.delete(key)
      }
    },
  }
}
