/** The connections of a pool: opens, validates, resets and closes them, and keeps those that nobody has. Who gets one is decided in pool.ts. */
import type { Driver } from '../driver.ts'
import type { Borrow, PoolEntry } from './borrow.ts'

/** A connection idle for longer is asked for a sign of life before it is lent. */
const VALIDATE_AFTER_IDLE_MS = 30_000
const CLOSE_CONNECTION_MS = 1000

/** What becomes of connections. */
export interface ConnectionEvents {
  /** One can be lent; `before` had it until now. */
  ready(entry: PoolEntry, before?: Borrow): void
  opened(): void
  openFailed(cause: unknown): void
  /** One that was to be lent again could not be used. */
  lost(cause: unknown): void
  /** One broke while it was idle or lent. A lent one is discarded when it is returned. */
  broke(error: Error): void
  closed(): void
}

export class Connections {
  /** Being opened, validated or reset: each will be ready, or given up. */
  coming = 0
  /** All: idle, lent and coming. */
  size = 0
  readonly #driver: Driver
  readonly #now: () => number
  readonly #events: ConnectionEvents
  /** Used from the end, so that the oldest are at the front and can be closed. */
  readonly #idle: PoolEntry[] = []
  readonly #endings = new Set<Promise<void>>()
  #lastId = 0

  constructor(driver: Driver, now: () => number, events: ConnectionEvents) {
    this.#driver = driver
    this.#now = now
    this.#events = events
  }

  get idle(): number {
    return this.#idle.length
  }

  /** Since when the oldest is idle. */
  get oldestIdleSince(): number {
    return this.#idle[0]?.idleSince ?? Number.POSITIVE_INFINITY
  }

  /** One that was used lately. */
  takeFresh(): PoolEntry | undefined {
    const entry = this.#idle.at(-1)
    if (!entry || this.#now() - entry.idleSince > VALIDATE_AFTER_IDLE_MS) return undefined
    this.#idle.pop()
    return entry
  }

  keep(entry: PoolEntry): void {
    entry.idleSince = this.#now()
    this.#idle.push(entry)
  }

  /** Validates the one that was used last; false when none is idle. */
  bringIdle(): boolean {
    const entry = this.#idle.pop()
    if (entry) void this.#prepare(entry, entry.connection.validate())
    return entry !== undefined
  }

  async open(): Promise<void> {
    this.coming++
    this.size++
    const id = ++this.#lastId
    try {
      const connection = await this.#driver.connect((error) => this.#broke(id, error))
      this.coming--
      this.#events.opened()
      this.#events.ready({ id, connection, idleSince: this.#now() })
    } catch (error) {
      this.coming--
      this.size--
      this.#events.openFailed(error)
    }
  }

  /** A borrower may leave a transaction open; the next one must not find itself in it. */
  reset(entry: PoolEntry, before: Borrow): void {
    void this.#prepare(entry, entry.connection.run({ verb: 'script', text: 'ROLLBACK' }), before)
  }

  async #prepare(entry: PoolEntry, preparing: Promise<unknown>, before?: Borrow): Promise<void> {
    this.coming++
    try {
      await preparing
      this.coming--
      this.#events.ready(entry, before)
    } catch (error) {
      this.coming--
      this.discard(entry)
      this.#events.lost(error)
    }
  }

  discard(entry: PoolEntry, deadlineMs: number = CLOSE_CONNECTION_MS): void {
    this.size--
    this.#events.closed()
    const ending = entry.connection.close(deadlineMs).finally(() => this.#endings.delete(ending))
    this.#endings.add(ending)
  }

  /** False when none is idle. */
  discardOldest(): boolean {
    const oldest = this.#idle.shift()
    if (oldest) this.discard(oldest)
    return oldest !== undefined
  }

  discardIdle(deadlineMs: number): void {
    for (const entry of this.#idle.splice(0)) this.discard(entry, deadlineMs)
  }

  /** Resolves when all that were discarded are closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#endings)
  }

  #broke(id: number, error: Error): void {
    this.#events.broke(error)
    const at = this.#idle.findIndex((entry) => entry.id === id)
    const [entry] = at < 0 ? [] : this.#idle.splice(at, 1)
    if (entry) this.discard(entry)
  }
}
