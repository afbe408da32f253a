/**
 * Lends connections: at once when one is idle, otherwise in request order. Each wait is bounded in time and number, idle and
 * broken connections are closed and replaced, and one alarm per pool looks after timeouts, leaks and exhaustion.
 * What the outside sees of a pool is in pool-resource.ts; what an application sees is in datasource.ts.
 */
import { messageOf } from '@spyglass/agent/contract'
import type { CallSite } from '@spyglass/agent'
import { type Asker, Borrow, type PoolEntry, askerOf } from './borrow.ts'
import { Alarm, type Clock, systemClock } from './clock.ts'
import type { Driver } from './driver.ts'
import { fail, overloaded } from './errors.ts'
import { ExhaustionWatch } from './exhaustion.ts'
import { PoolFigures } from './pool-figures.ts'

export interface PoolSettings {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly acquireTimeoutMs: number
  readonly maxWaiting: number
  readonly idleTimeoutMs: number
  readonly leakAfterMs: number
  readonly exhaustedAfterMs: number
}

/** Callbacks for what a pool notices. */
export interface PoolObserver {
  exhausted(): void
  recovered(): void
  /** A connection is held too long with nothing running, or was garbage-collected unreturned. */
  leaked(borrow: Borrow, collected: boolean): void
  /** A connection that was reported as leaked came back after all. */
  leakReturned(borrow: Borrow): void
  /** A connection has been lent for over a second. */
  heldLong(borrow: Borrow): void
  connectionFailed(error: Error): void
}

interface Waiter {
  readonly asker: Asker
  readonly since: number
  resolve(borrow: Borrow): void
  reject(error: Error): void
}

/** A connection idle for longer is asked for a sign of life before it is lent. */
const VALIDATE_AFTER_IDLE_MS = 30_000
/** Only borrows longer than this are worth a resource of their own. */
export const HELD_LONG_MS = 1000
/** How often a leak is looked for again while a statement runs, and a missing idle connection opened again. */
const LOOK_AGAIN_MS = 1000
const CLOSE_CONNECTION_MS = 1000

export class Pool {
  settings: PoolSettings
  readonly driver: Driver
  readonly clock: Clock
  readonly figures: PoolFigures
  readonly #observer: PoolObserver
  readonly #exhaustion: ExhaustionWatch
  readonly #alarm: Alarm
  /** Used from the end, so that the oldest are at the front and can be closed. */
  readonly #idle: PoolEntry[] = []
  readonly #lent = new Map<number, Borrow>()
  readonly #waiters = new Set<Waiter>()
  /** Connections being opened, validated or reset: each will be offered or given up. */
  #coming = 0
  /** All connections: idle, lent and coming. */
  #size = 0
  #lastId = 0
  #lastFailed = false
  #isClosed = false
  #drained: (() => void) | undefined
  readonly #endings = new Set<Promise<void>>()

  constructor(driver: Driver, settings: PoolSettings, observer: PoolObserver, clock: Clock = systemClock) {
    this.driver = driver
    this.settings = settings
    this.clock = clock
    this.figures = new PoolFigures(() => clock.now())
    this.#observer = observer
    this.#alarm = new Alarm(clock, () => this.#check())
    this.#exhaustion = new ExhaustionWatch({
      afterMs: () => this.settings.exhaustedAfterMs,
      raise: () => observer.exhausted(),
      clear: () => observer.recovered(),
    })
  }

  get idle(): number {
    return this.#idle.length
  }

  get waiting(): number {
    return this.#waiters.size
  }

  get borrows(): ReadonlyMap<number, Borrow> {
    return this.#lent
  }

  get state(): 'ok' | 'degraded' | 'exhausted' | 'down' | 'closed' {
    if (this.#isClosed) return 'closed'
    if (this.#exhaustion.isRaised) return 'exhausted'
    if (!this.#lastFailed) return 'ok'
    return this.#idle.length + this.#lent.size > 0 ? 'degraded' : 'down'
  }

  /** Opens the connections kept when idle. A database that cannot be reached is reported and retried, not thrown. */
  async start(): Promise<void> {
    const missing = this.settings.min - this.#size
    await Promise.all(Array.from({ length: Math.max(0, missing) }, () => this.#open()))
  }

  /**
   * Takes on other limits and times. Waiting borrowers get connections that may be opened now; connections above a lower maximum are closed
   * when they are idle or come back.
   */
  configure(settings: PoolSettings): void {
    if (this.#isClosed) return
    this.settings = settings
    while (this.#size > settings.max) {
      const oldest = this.#idle.shift()
      if (!oldest) break
      this.#discard(oldest, CLOSE_CONNECTION_MS)
    }
    this.#grow()
    this.#check()
    void this.start()
  }

  /**
   * Lends a connection: synchronously when one is idle. `lasting` says that the borrower returns it itself.
   * @throws SPY_POOL_TIMEOUT, SPY_POOL_QUEUE_FULL, SPY_POOL_CLOSED, SPY_CONNECTION_FAILED
   */
  lend(site: CallSite, lasting: boolean): Borrow | Promise<Borrow> {
    if (this.#isClosed) throw fail('SPY_POOL_CLOSED', [this.settings.name])
    const asker = askerOf(site, lasting)
    const entry = this.#takeFresh()
    if (entry) return this.#handOver(entry, asker, this.clock.now())
    const { maxWaiting, max, name } = this.settings
    if (this.#waiters.size >= maxWaiting + max - this.#lent.size) {
      throw overloaded('SPY_POOL_QUEUE_FULL', [name, max, this.#waiters.size, this.#longest()?.describe() ?? ''])
    }
    return this.#wait(asker)
  }

  /** `file:line` of who has had a connection for longest. */
  get longestHeldAt(): string | undefined {
    return this.#longest()?.asker.site.location()
  }

  /** Takes a connection back; a second call does nothing. With a statement still running it comes back when that ends. */
  return(borrow: Borrow): void {
    if (borrow.returned) return
    borrow.returned = true
    if (borrow.running === 0) this.#settle(borrow)
  }

  statementStarted(borrow: Borrow, text: string): void {
    borrow.running++
    borrow.text = text
    borrow.system = this.driver.system
  }

  statementEnded(borrow: Borrow): void {
    borrow.running--
    if (borrow.returned && borrow.running === 0) this.#settle(borrow)
  }

  /** The handle of a lent connection was garbage-collected: nobody can ever return it. */
  collected(borrow: Borrow): void {
    if (borrow.returned) return
    if (!borrow.leaked) {
      this.figures.leaks++
      this.#observer.leaked(borrow, true)
    }
    borrow.leaked = false // it is reclaimed now; nobody holds it
    this.return(borrow)
  }

  /** Refuses new borrowers, waits for the lent connections, then closes all: at most `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const waiter of this.#waiters) waiter.reject(fail('SPY_POOL_CLOSED', [this.settings.name]))
    this.#waiters.clear()
    this.#exhaustion.end()
    const before = this.clock.now()
    for (const entry of this.#idle.splice(0)) this.#discard(entry, deadlineMs)
    await this.#drain(deadlineMs)
    const left = Math.max(50, deadlineMs - (this.clock.now() - before))
    for (const borrow of this.#lent.values()) {
      borrow.returned = true
      borrow.unregister?.()
      this.#discard(borrow.entry, left)
    }
    this.#lent.clear()
    this.#alarm.stop()
    await Promise.all(this.#endings)
  }

  /** Resolves when nothing is lent any more, or after `deadlineMs`. */
  #drain(deadlineMs: number): Promise<void> {
    if (this.#lent.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.clock.after(deadlineMs, resolve)
      this.#drained = () => {
        cancel()
        resolve()
      }
    })
  }

  #takeFresh(): PoolEntry | undefined {
    const entry = this.#idle.at(-1)
    if (!entry || this.clock.now() - entry.idleSince > VALIDATE_AFTER_IDLE_MS) return undefined
    this.#idle.pop()
    return entry
  }

  #handOver(entry: PoolEntry, asker: Asker, since: number): Borrow {
    const now = this.clock.now()
    const borrow = new Borrow(entry, asker, now, now - since)
    this.#lent.set(entry.id, borrow)
    this.figures.lent(now - since, this.#lent.size)
    this.#alarm.notAfter(now + Math.min(HELD_LONG_MS, this.settings.leakAfterMs))
    return borrow
  }

  #wait(asker: Asker): Promise<Borrow> {
    const now = this.clock.now()
    return new Promise((resolve, reject) => {
      this.#waiters.add({ asker, since: now, resolve, reject })
      this.#alarm.notAfter(now + this.settings.acquireTimeoutMs)
      this.#grow()
      this.#loadChanged()
    })
  }

  /** Brings a connection for each borrower that waits, as far as there is room. */
  #grow(): void {
    while (this.#coming < this.#waiters.size) {
      const stale = this.#idle.pop()
      if (stale) void this.#validate(stale)
      else if (this.#size < this.settings.max) void this.#open()
      else return
    }
  }

  async #open(): Promise<void> {
    this.#coming++
    this.#size++
    const id = ++this.#lastId
    try {
      const connection = await this.driver.connect((error) => this.#broke(id, error))
      this.#coming--
      this.figures.created++
      this.#lastFailed = false
      this.#offer({ id, connection, idleSince: this.clock.now() })
    } catch (error) {
      this.#coming--
      this.#size--
      this.#openFailed(error)
    }
  }

  /** The longest waiter gets the error: waiting further would only end in a less informative timeout. */
  #openFailed(cause: unknown): void {
    const message = messageOf(cause)
    const error = fail('SPY_CONNECTION_FAILED', [this.settings.name, this.driver.target, message], cause)
    this.#lastFailed = true
    this.figures.failed(message)
    this.#observer.connectionFailed(error)
    const [first] = this.#waiters
    if (first) {
      this.#waiters.delete(first)
      first.reject(error)
    }
    this.#grow()
    this.#loadChanged()
    this.#alarm.notAfter(this.clock.now() + LOOK_AGAIN_MS)
  }

  async #validate(entry: PoolEntry): Promise<void> {
    this.#coming++
    try {
      await entry.connection.validate()
      this.#coming--
      this.#offer(entry)
    } catch (error) {
      this.#coming--
      this.#lost(entry, error)
    }
  }

  /** A borrower may leave a transaction open; the next one must not find itself in it. */
  async #reset(entry: PoolEntry, before: Borrow): Promise<void> {
    this.#coming++
    try {
      await entry.connection.run({ verb: 'script', text: 'ROLLBACK' })
      this.#coming--
      this.#offer(entry, before)
    } catch (error) {
      this.#coming--
      this.#lost(entry, error)
    }
  }

  #lost(entry: PoolEntry, error: unknown): void {
    this.figures.failed(messageOf(error))
    this.#discard(entry, CLOSE_CONNECTION_MS)
    this.#grow()
  }

  /** Hands a usable connection to the longest waiter, or keeps it idle. `before` had it until now. */
  #offer(entry: PoolEntry, before?: Borrow): void {
    if (this.#isClosed || entry.connection.broken || this.#size > this.settings.max) {
      this.#discard(entry, CLOSE_CONNECTION_MS)
      return
    }
    const [first] = this.#waiters
    if (first) {
      this.#waiters.delete(first)
      const borrow = this.#handOver(entry, first.asker, first.since)
      borrow.heldBy = before?.asker.site.location()
      first.resolve(borrow)
    } else {
      entry.idleSince = this.clock.now()
      this.#idle.push(entry)
      if (this.#size > this.settings.min) this.#alarm.notAfter(entry.idleSince + this.settings.idleTimeoutMs)
    }
    this.#loadChanged()
  }

  #settle(borrow: Borrow): void {
    if (!this.#lent.delete(borrow.entry.id)) return
    this.figures.returned(this.clock.now() - borrow.since)
    borrow.unregister?.()
    if (borrow.leaked) this.#observer.leakReturned(borrow)
    const { entry } = borrow
    if (entry.connection.broken || this.#isClosed) this.#discard(entry, CLOSE_CONNECTION_MS)
    else if (entry.connection.inTransaction) void this.#reset(entry, borrow)
    else this.#offer(entry, borrow)
    if (entry.connection.broken) this.#grow()
    this.#loadChanged()
    if (this.#lent.size === 0) this.#drained?.()
  }

  /** A connection broke unexpectedly. A lent one is discarded when it is returned. */
  #broke(id: number, error: Error): void {
    this.figures.failed(error.message)
    this.#observer.connectionFailed(error)
    const at = this.#idle.findIndex((entry) => entry.id === id)
    const [entry] = at < 0 ? [] : this.#idle.splice(at, 1)
    if (entry) this.#discard(entry, CLOSE_CONNECTION_MS)
    this.#alarm.notAfter(this.clock.now() + LOOK_AGAIN_MS)
  }

  #discard(entry: PoolEntry, deadlineMs: number): void {
    this.#size--
    this.figures.closed++
    const ending = entry.connection.close(deadlineMs).finally(() => this.#endings.delete(ending))
    this.#endings.add(ending)
  }

  #loadChanged(): void {
    if (this.#isClosed) return
    const now = this.clock.now()
    this.#exhaustion.update({ lent: this.#lent.size, max: this.settings.max, waiting: this.#waiters.size }, now)
    this.#alarm.notAfter(this.#exhaustion.dueAt)
  }

  /** Everything that time alone brings about. */
  #check(): void {
    if (this.#isClosed) return
    const now = this.clock.now()
    const next = Math.min(this.#timeOutWaiters(now), this.#checkBorrows(now), this.#shrink(now))
    this.#loadChanged()
    if (this.#size < this.settings.min) void this.#open()
    this.#alarm.notAfter(next)
  }

  #timeOutWaiters(now: number): number {
    const { acquireTimeoutMs } = this.settings
    for (const waiter of this.#waiters) {
      if (waiter.since + acquireTimeoutMs > now) return waiter.since + acquireTimeoutMs
      this.#waiters.delete(waiter)
      this.figures.gaveUp(now - waiter.since)
      this.#exhaustion.timedOut(now)
      waiter.reject(this.#timeout(now))
    }
    return Number.POSITIVE_INFINITY
  }

  #timeout(now: number): Error {
    const { name, acquireTimeoutMs, max } = this.settings
    const longest = this.#longest()
    const heldMs = longest ? Math.round(now - longest.since) : 0
    const where = longest?.describe() ?? 'nobody'
    return overloaded('SPY_POOL_TIMEOUT', [name, acquireTimeoutMs, this.#lent.size, max, this.#waiters.size, heldMs, where])
  }

  #longest(): Borrow | undefined {
    return this.#lent.values().next().value
  }

  #checkBorrows(now: number): number {
    const { leakAfterMs } = this.settings
    let next = Number.POSITIVE_INFINITY
    for (const borrow of this.#lent.values()) {
      const heldMs = now - borrow.since
      if (heldMs >= HELD_LONG_MS && !borrow.unregister) this.#observer.heldLong(borrow)
      if (!borrow.unregister) next = Math.min(next, borrow.since + HELD_LONG_MS)
      if (borrow.leaked) continue
      if (heldMs < leakAfterMs) next = Math.min(next, borrow.since + leakAfterMs)
      else if (borrow.running > 0) next = Math.min(next, now + LOOK_AGAIN_MS)
      else this.#leaked(borrow)
    }
    return next
  }

  #leaked(borrow: Borrow): void {
    borrow.leaked = true
    this.figures.leaks++
    this.#observer.leaked(borrow, false)
  }

  /** Closes what has been idle for too long, oldest first, down to the minimum. */
  #shrink(now: number): number {
    const { idleTimeoutMs, min } = this.settings
    while (this.#size > min) {
      const oldest = this.#idle[0]
      if (!oldest) break
      if (oldest.idleSince + idleTimeoutMs > now) return oldest.idleSince + idleTimeoutMs
      this.#idle.shift()
      this.#discard(oldest, CLOSE_CONNECTION_MS)
    }
    return Number.POSITIVE_INFINITY
  }
}
