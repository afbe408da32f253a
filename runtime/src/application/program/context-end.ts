/**
 * Notices that a program which shares its process has come to its end before it could be served. The event loop says nothing about one of several
 * programs; the memory does: whatever waits for something (a promise, a timer, a socket, a request to the system) keeps the asynchronous context
 * that it was begun in. When nothing keeps the program's, no code of it will run again.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { Session } from 'node:inspector/promises'

const contexts = new AsyncLocalStorage<object>()
const FIRST_LOOK_MS = 100
const MAX_LOOK_MS = 3200

export class ContextEnd {
  /** Resolves when no code of the program can run any more; only after {@link watch}. */
  readonly ended: Promise<void>
  readonly #registry: FinalizationRegistry<undefined>
  /** Is reachable from everything that the program has under way. */
  #token: object | undefined = {}
  #timer: NodeJS.Timeout | undefined

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#registry = new FinalizationRegistry(() => resolve())
  }

  /** Runs code of the program. What it returns is awaited outside, or the wait would be one of the program's. */
  run<T>(code: () => T): T {
    return this.#token ? contexts.run(this.#token, code) : code()
  }

  /** Nothing of the program is run from here on but what it has begun. Nobody is served yet, so that the collections disturb nobody. */
  watch(): void {
    if (!this.#token) return
    this.#registry.register(this.#token, undefined, this)
    this.#token = undefined
    this.#lookAfter(FIRST_LOOK_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#registry.unregister(this)
  }

  #lookAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      void collectGarbage()
      this.#lookAfter(Math.min(2 * ms, MAX_LOOK_MS))
    }, ms)
  }
}

async function collectGarbage(): Promise<void> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
}
