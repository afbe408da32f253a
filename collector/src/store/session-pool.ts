/**
 * Lends sessions, each to one borrower at a time, and shares them between clients: the client with the fewest comes first, and the last free
 * session goes only to a client that holds none, so that no client can keep another waiting for the end of its statements.
 */
import { refuse } from './clickhouse-error.ts'
import type { StoreSession } from './session.ts'

export interface BorrowOptions {
  /** Who borrows: sessions and places in the queue are shared between clients. Default: all the same one. */
  readonly client?: string
  /** Removes a waiting borrower from the queue. */
  readonly signal?: AbortSignal
  /** Maximum wait for a session. Default: no limit. */
  readonly maxWaitMs?: number
}

export interface SessionPool {
  /** Runs `work` with a session of its own. @throws ClickhouseError 202 when the queue is full or the wait too long. */
  use<T>(work: (session: StoreSession) => Promise<T>, options?: BorrowOptions): Promise<T>
  readonly running: number
  readonly waiting: number
  /** Refuses new work, waits for what runs and closes all sessions. */
  close(): Promise<void>
}

export function createSessionPool(sessions: readonly StoreSession[], maxWaiting: number): SessionPool {
  return new FairPool(sessions, maxWaiting)
}

interface Waiter {
  readonly client: string
  readonly grant: (session: StoreSession) => void
  readonly refuse: (error: Error) => void
}

class FairPool implements SessionPool {
  readonly #sessions: readonly StoreSession[]
  readonly #maxWaiting: number
  readonly #free: StoreSession[]
  readonly #held = new Map<string, number>()
  /** In request order. */
  readonly #waiters = new Set<Waiter>()
  #closing = false
  #onIdle: (() => void) | undefined

  constructor(sessions: readonly StoreSession[], maxWaiting: number) {
    this.#sessions = sessions
    this.#maxWaiting = maxWaiting
    this.#free = [...sessions]
  }

  get running(): number {
    return this.#sessions.length - this.#free.length
  }

  get waiting(): number {
    return this.#waiters.size
  }

  async use<T>(work: (session: StoreSession) => Promise<T>, { client = '', signal, maxWaitMs }: BorrowOptions = {}): Promise<T> {
    if (signal?.aborted) throw refuse('QUERY_WAS_CANCELLED', 'Query was cancelled before it began')
    if (this.#closing) throw closing()
    const session = await (this.#mayLend(client) ? this.#lend(client) : this.#wait(client, signal, maxWaitMs))
    try {
      return await work(session)
    } finally {
      this.#takeBack(session, client)
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    for (const waiter of this.#waiters) waiter.refuse(closing())
    if (this.running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    for (const session of this.#sessions) session.close()
  }

  #mayLend(client: string): boolean {
    return this.#free.length > (this.#held.has(client) ? 1 : 0)
  }

  #lend(client: string): StoreSession {
    this.#held.set(client, (this.#held.get(client) ?? 0) + 1)
    return this.#free.pop()!
  }

  #takeBack(session: StoreSession, client: string): void {
    this.#free.push(session)
    const left = (this.#held.get(client) ?? 1) - 1
    if (left > 0) this.#held.set(client, left)
    else this.#held.delete(client)
    for (let next = this.#nextWaiter(); next; next = this.#nextWaiter()) next.grant(this.#lend(next.client))
    if (this.running === 0) this.#onIdle?.()
  }

  /** Of the eligible waiters, the one whose client holds the fewest sessions; among equals, the first. */
  #nextWaiter(): Waiter | undefined {
    let best: Waiter | undefined
    let fewest = Infinity
    for (const waiter of this.#waiters) {
      const held = this.#held.get(waiter.client) ?? 0
      if (held < fewest && this.#mayLend(waiter.client)) [best, fewest] = [waiter, held]
    }
    return best
  }

  #wait(client: string, signal: AbortSignal | undefined, maxWaitMs: number | undefined): Promise<StoreSession> {
    this.#makeRoom(client)
    return new Promise((resolve, reject) => {
      const leave = (): void => waiter.refuse(refuse('QUERY_WAS_CANCELLED', 'Query was cancelled while it waited'))
      const giveUp = (): void => waiter.refuse(tooMany(`no session was free for ${maxWaitMs} ms`))
      const timer = maxWaitMs === undefined ? undefined : setTimeout(giveUp, maxWaitMs)
      const end = (): void => {
        this.#waiters.delete(waiter)
        clearTimeout(timer)
        signal?.removeEventListener('abort', leave)
      }
      const waiter: Waiter = {
        client,
        grant(session) {
          end()
          resolve(session)
        },
        refuse(error) {
          end()
          reject(error)
        },
      }
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /** A full queue has no room for the client that fills most of it; another one gets the place of that client's last. */
  #makeRoom(client: string): void {
    if (this.#waiters.size < this.#maxWaiting) return
    const lastOf = new Map<string, Waiter>()
    const places = new Map<string, number>([[client, 0]])
    for (const waiter of this.#waiters) {
      lastOf.set(waiter.client, waiter)
      places.set(waiter.client, (places.get(waiter.client) ?? 0) + 1)
    }
    const [largest, count] = [...places].reduce((most, each) => (each[1] > most[1] ? each : most))
    const error = tooMany(`${this.running} run and ${this.#waiters.size} wait`)
    if (count <= places.get(client)! + 1) throw error
    lastOf.get(largest)!.refuse(error)
  }
}

const tooMany = (why: string) => refuse('TOO_MANY_SIMULTANEOUS_QUERIES', `Too many simultaneous queries: ${why}. Try again later`)
const closing = () => refuse('NO_FREE_CONNECTION', 'The store is closing')
