/** The connections of a pool: opens, validates, resets and closes them, and keeps those that nobody has. Who gets one is decided in pool.ts. */
import { type Clock, outsideContext, within } from '../../clock/index.ts'
import type { Driver, DriverConnection } from '../driver.ts'
import { fail } from '../errors.ts'
import type { Borrow, PoolEntry } from './borrow.ts'

const CLOSE_CONNECTION_MS = 1000

/** What becomes of connections. */
export interface ConnectionEvents {
  /** One can be lent; `before` had it until now. */
  ready(entry: PoolEntry, before?: Borrow): void
  opened(): void
  openFailed(cause: unknown): void
  /** The settings have changed while it was opened. */
  abandoned(): void
  /** One that was to be lent again could not be used. */
  lost(cause: unknown): void
  /** One broke while it was idle or lent. A lent one is discarded when it is returned. */
  broke(error: Error): void
  closed(): void
}

export interface ConnectionTimes {
  /** How long the database may take for whatever is asked of it. */
  readonly connectTimeoutMs: number
  /** A connection idle for longer is asked for a sign of life before it is lent. */
  readonly validateAfterIdleMs: number
}

export interface ConnectionsOptions {
  readonly clock: Clock
  readonly times: () => ConnectionTimes
  readonly events: ConnectionEvents
}

export class Connections {
  /** Being opened, validated or reset: each will be ready, or given up. */
  coming = 0
  /** All of the present generation: idle, lent and coming. */
  size = 0
  readonly #driver: Driver
  readonly #clock: Clock
  readonly #times: () => ConnectionTimes
  readonly #events: ConnectionEvents
  /** Used from the end, so that the oldest are at the front and can be closed. */
  readonly #idle: PoolEntry[] = []
  /** Those of earlier generations that are still lent. */
  readonly #retired = new Set<PoolEntry>()
  readonly #openings = new Set<AbortController>()
  readonly #endings = new Set<Promise<void>>()
  #generation = 0
  #lastId = 0

  constructor(driver: Driver, { clock, times, events }: ConnectionsOptions) {
    this.#driver = driver
    this.#clock = clock
    this.#times = times
    this.#events = events
  }

  get idle(): number {
    return this.#idle.length
  }

  /** Lent ones that do not count any more. */
  get retired(): number {
    return this.#retired.size
  }

  get allIdle(): readonly PoolEntry[] {
    return this.#idle
  }

  /** Since when the oldest is idle. */
  get oldestIdleSince(): number {
    return this.#idle[0]?.idleSince ?? Number.POSITIVE_INFINITY
  }

  /** One that was used lately. */
  takeFresh(): PoolEntry | undefined {
    const entry = this.#idle.at(-1)
    if (!entry || this.#clock.now() - entry.idleSince > this.#times().validateAfterIdleMs) return undefined
    this.#idle.pop()
    return entry
  }

  keep(entry: PoolEntry): void {
    entry.idleSince = this.#clock.now()
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
    const generation = this.#generation
    try {
      const connection = await this.#connect(id)
      this.coming--
      this.#events.opened()
      const openedAt = this.#clock.now()
      this.#events.ready({ id, connection, generation, openedAt, idleSince: openedAt })
    } catch (error) {
      this.coming--
      this.size--
      if (generation === this.#generation) this.#events.openFailed(error)
      else this.#events.abandoned()
    }
  }

  /** A borrower may leave a transaction open or a statement running; the next one must not find itself in it. */
  reset(entry: PoolEntry, before: Borrow): void {
    void this.#prepare(entry, entry.connection.reset(), before)
  }

  async #prepare(entry: PoolEntry, preparing: Promise<unknown>, before?: Borrow): Promise<void> {
    this.coming++
    try {
      await this.#answered(preparing)
      this.coming--
      this.#events.ready(entry, before)
    } catch (error) {
      this.coming--
      this.discard(entry)
      this.#events.lost(error)
    }
  }

  /** A database that accepts and never answers must not keep a borrower waiting. What it opens too late is closed. */
  async #connect(id: number): Promise<DriverConnection> {
    const abort = new AbortController()
    const opening = outsideContext(() => this.#driver.connect((error) => this.#broke(id, error), abort.signal))
    this.#openings.add(abort)
    try {
      return await this.#answered(Promise.race([opening, aborted(abort.signal)]))
    } catch (error) {
      abort.abort(error)
      opening.then(
        (late) => late.close(CLOSE_CONNECTION_MS),
        () => {},
      )
      throw error
    } finally {
      this.#openings.delete(abort)
    }
  }

  #answered<T>(asked: Promise<T>): Promise<T> {
    const ms = this.#times().connectTimeoutMs
    return within(this.#clock, ms, asked, () => fail('SPY_CONNECTION_SILENT', [this.#driver.target, ms]))
  }

  /** All that is open is of the past: what is idle is closed, what is lent when it comes back. Neither counts from now on. */
  renew(lent: Iterable<PoolEntry>): void {
    this.#generation++
    for (const opening of this.#openings) opening.abort()
    this.discardIdle(CLOSE_CONNECTION_MS)
    for (const entry of lent) {
      if (this.#retired.has(entry)) continue
      this.#retired.add(entry)
      this.size--
    }
  }

  isOutdated({ generation }: PoolEntry): boolean {
    return generation !== this.#generation
  }

  discard(entry: PoolEntry, deadlineMs: number = CLOSE_CONNECTION_MS): void {
    if (!this.#retired.delete(entry)) this.size--
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

  discardIdleIf(isMeant: (entry: PoolEntry) => boolean): void {
    for (const entry of this.#idle.filter(isMeant)) {
      this.#idle.splice(this.#idle.indexOf(entry), 1)
      this.discard(entry)
    }
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

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
