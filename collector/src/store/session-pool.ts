/** Lends sessions, each to one borrower at a time, in the order of asking; a bounded number may wait, further ones are refused at once. */
import { refuse } from './clickhouse-error.ts'
import type { StoreSession } from './session.ts'

export interface SessionPool {
  /** Runs `work` with a session of its own. An aborted signal takes a waiting borrower out of the queue. */
  use<T>(work: (session: StoreSession) => Promise<T>, signal?: AbortSignal): Promise<T>
  readonly running: number
  readonly waiting: number
  /** Refuses new work, waits for what runs and closes all sessions. */
  close(): Promise<void>
}

export function createSessionPool(sessions: readonly StoreSession[], maxWaiting: number): SessionPool {
  return new FairPool(sessions, maxWaiting)
}

interface Waiter {
  readonly grant: (session: StoreSession) => void
  readonly refuse: (error: Error) => void
}

class FairPool implements SessionPool {
  readonly #sessions: readonly StoreSession[]
  readonly #maxWaiting: number
  readonly #idle: StoreSession[]
  readonly #waiters = new Set<Waiter>()
  #running = 0
  #closing = false
  #onIdle: (() => void) | undefined

  constructor(sessions: readonly StoreSession[], maxWaiting: number) {
    this.#sessions = sessions
    this.#maxWaiting = maxWaiting
    this.#idle = [...sessions]
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiters.size
  }

  async use<T>(work: (session: StoreSession) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) throw refuse('QUERY_WAS_CANCELLED', 'Query was cancelled before it began')
    const session = await this.#acquire(signal)
    try {
      return await work(session)
    } finally {
      this.#release(session)
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    for (const waiter of this.#waiters) waiter.refuse(closing())
    this.#waiters.clear()
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    for (const session of this.#sessions) session.close()
  }

  #acquire(signal: AbortSignal | undefined): Promise<StoreSession> {
    if (this.#closing) throw closing()
    const session = this.#idle.pop()
    if (!session) return this.#wait(signal)
    this.#running++
    return Promise.resolve(session)
  }

  #wait(signal: AbortSignal | undefined): Promise<StoreSession> {
    const ahead = this.#waiters.size
    if (ahead >= this.#maxWaiting)
      throw refuse(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous queries: ${this.#running} run and ${ahead} wait. Try again later`,
      )
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter)
        reject(refuse('QUERY_WAS_CANCELLED', 'Query was cancelled while it waited'))
      }
      const waiter: Waiter = {
        grant(session) {
          signal?.removeEventListener('abort', leave)
          resolve(session)
        },
        refuse: reject,
      }
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /** A session goes straight to who waits longest, so that nobody who comes later can take it. */
  #release(session: StoreSession): void {
    const [next] = this.#waiters
    if (next) {
      this.#waiters.delete(next)
      next.grant(session)
      return
    }
    this.#running--
    this.#idle.push(session)
    if (this.#running === 0) this.#onIdle?.()
  }
}

const closing = () => refuse('NO_FREE_CONNECTION', 'The store is closing')
