/**
 * Lends connections: at once when one is idle, otherwise in request order. The parts are the borrowers that wait (wait-queue.ts), the connections
 * (connections.ts), how many there should be (sizing.ts, pool-size.ts), and what is held too long (leak-watch.ts). One alarm rings for all that time
 * alone brings about. What the outside sees of a pool is in pool-resource.ts; what an application sees is in datasource.ts.
 */
import { messageOf } from '@spyglass/agent/contract'
import type { CallSite } from '@spyglass/agent'
import { type Asker, Borrow, type PoolEntry, askerOf } from './borrow.ts'
import { Alarm, type Clock, systemClock } from '../../clock/index.ts'
import { type ConnectionEvents, Connections, type ConnectionTimes } from './connections.ts'
import type { Driver } from '../driver.ts'
import type { CommitErrors, Lending } from './lending.ts'
import { fail, overloaded } from '../errors.ts'
import { ExhaustionWatch } from './exhaustion.ts'
import { HELD_LONG_MS, watchBorrows } from './leak-watch.ts'
import { watchHandle } from './lost-handle.ts'
import { PoolFigures } from './pool-figures.ts'
import { PoolSize } from './pool-size.ts'
import type { SizeLimits } from './sizing.ts'
import { WaitQueue } from './wait-queue.ts'

export interface PoolSettings extends SizeLimits, ConnectionTimes {
  readonly name: string
  /** One connection at least is opened at the start. */
  readonly required: boolean
  readonly acquireTimeoutMs: number
  readonly maxWaiting: number
  readonly leakAfterMs: number
  readonly reclaimAfterMs?: number | undefined
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
  /** A connection was taken from its borrower. */
  reclaimed(borrow: Borrow): void
  /** A connection has been lent for over a second. */
  heldLong(borrow: Borrow): void
  connectionFailed(error: Error): void
}

/** How often a missing idle connection is opened again. */
const LOOK_AGAIN_MS = 1000

export class Pool implements Lending {
  settings: PoolSettings
  /** How many connections the database accepts, where it was asked. */
  serverConnections: number | undefined
  /** In a group: what becomes of commits whose outcome is unknown. */
  commits: CommitErrors | undefined
  readonly driver: Driver
  readonly clock: Clock
  readonly figures: PoolFigures
  readonly #observer: PoolObserver
  readonly #exhaustion: ExhaustionWatch
  readonly #alarm: Alarm
  readonly #connections: Connections
  readonly #size: PoolSize
  readonly #queue = new WaitQueue()
  readonly #lent = new Map<number, Borrow>()
  #lastFailed = false
  #isClosed = false
  #drained: (() => void) | undefined

  constructor(driver: Driver, settings: PoolSettings, observer: PoolObserver, clock: Clock = systemClock) {
    this.driver = driver
    this.settings = settings
    this.clock = clock
    this.figures = new PoolFigures(() => clock.now())
    this.#observer = observer
    this.#connections = this.#makeConnections()
    this.#size = this.#makeSize(this.#connections)
    this.#alarm = new Alarm(clock, () => this.#check())
    this.#exhaustion = new ExhaustionWatch({
      afterMs: () => this.settings.exhaustedAfterMs,
      raise: () => observer.exhausted(),
      clear: () => observer.recovered(),
    })
  }

  /** Open connections, and those that are being opened. */
  get size(): number {
    return this.#connections.size
  }

  get idle(): number {
    return this.#connections.idle
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** Of the one who has waited for longest; 0 when nobody waits. */
  get longestWaitMs(): number {
    return this.#queue.size === 0 ? 0 : this.clock.now() - this.#queue.since
  }

  get borrows(): ReadonlyMap<number, Borrow> {
    return this.#lent
  }

  get state(): 'ok' | 'degraded' | 'exhausted' | 'down' | 'closed' {
    if (this.#isClosed) return 'closed'
    if (this.#exhaustion.isRaised) return 'exhausted'
    if (!this.#lastFailed) return 'ok'
    return this.idle + this.#lent.size > 0 ? 'degraded' : 'down'
  }

  /** Opens the connections that it begins with. A database that cannot be reached is reported and retried, not thrown. */
  async start(): Promise<void> {
    await this.#size.start(this.settings.required ? 1 : 0)
  }

  /**
   * Takes on other limits and times. Waiting borrowers get connections that may be opened now; connections above a lower maximum are closed
   * when they are idle or come back.
   */
  configure(settings: PoolSettings): void {
    if (this.#isClosed) return
    this.settings = settings
    this.#size.cut()
    this.#size.grow()
    this.#check()
  }

  /**
   * The settings that lead to the database have changed: borrowers get new connections from now on. Lent ones are closed when they come back; until then
   * they are open beside up to `max` new ones.
   */
  renew(): void {
    if (this.#isClosed) return
    this.#connections.renew([...this.#lent.values()].map(({ entry }) => entry))
    this.#size.grow()
    this.#size.fill()
    this.#loadChanged()
  }

  /**
   * Lends a connection: synchronously when one is idle. `lasting` says that the borrower returns it itself.
   * @throws SPY_POOL_TIMEOUT, SPY_POOL_QUEUE_FULL, SPY_POOL_CLOSED, SPY_CONNECTION_FAILED
   */
  lend(site: CallSite, lasting: boolean): Borrow | Promise<Borrow> {
    if (this.#isClosed) throw this.#closedError()
    const asker = askerOf(site, lasting)
    const entry = this.#connections.takeFresh()
    if (entry) return this.#handOver(entry, asker, this.clock.now())
    const { maxWaiting, max, name } = this.settings
    if (this.#queue.size >= maxWaiting + max - this.#lent.size) {
      throw overloaded('SPY_POOL_QUEUE_FULL', [name, max, this.#queue.size, this.#longest()?.describe() ?? ''])
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
  }

  statementEnded(borrow: Borrow): void {
    borrow.running--
    if (borrow.returned && borrow.running === 0) this.#settle(borrow)
  }

  /** The handle of a lent connection was garbage-collected: nobody can ever return it. */
  collected(borrow: Borrow): void {
    if (borrow.returned) return
    if (!borrow.leaked) this.#leaked(borrow, true)
    borrow.leaked = false // it is reclaimed now; nobody holds it
    this.return(borrow)
  }

  /**
   * Takes the connection of that number from its borrower, whatever runs on it.
   * @throws SPY_CONNECTION_NOT_LENT
   */
  reclaimLent(connection: number): void {
    this.reclaim(this.lentAs(connection))
  }

  /**
   * Who has the connection of that number.
   * @throws SPY_CONNECTION_NOT_LENT
   */
  lentAs(connection: number): Borrow {
    const borrow = this.#lent.get(connection)
    if (!borrow || borrow.returned) throw fail('SPY_CONNECTION_NOT_LENT', [this.settings.name, connection])
    return borrow
  }

  /** Takes a connection from its borrower, who can no longer use it, and closes it. The next that waits gets another. */
  reclaim(borrow: Borrow): void {
    if (borrow.returned) return
    borrow.leaked = false // nobody holds it any more
    borrow.reclaimedAfterMs = this.clock.now() - borrow.since
    borrow.isDiscarded = true
    borrow.returned = true
    this.figures.reclaimed++
    this.#observer.reclaimed(borrow)
    this.#settle(borrow)
  }

  /** Breaks what is lent, so that its borrowers do not wait for a database that is not used any more: each gets the error of a lost connection. */
  cutOff(): void {
    for (const borrow of this.#lent.values()) {
      borrow.isDiscarded = true
      void borrow.entry.connection.close(0)
    }
  }

  /** Refuses new borrowers, waits for the lent connections, then closes all: at most `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#queue.rejectAll(() => this.#closedError())
    this.#exhaustion.end()
    const before = this.clock.now()
    this.#connections.discardIdle(deadlineMs)
    await this.#drain(deadlineMs)
    const left = Math.max(50, deadlineMs - (this.clock.now() - before))
    for (const borrow of this.#lent.values()) {
      borrow.returned = true
      borrow.unregister?.()
      this.#connections.discard(borrow.entry, left)
    }
    this.#lent.clear()
    this.#alarm.stop()
    await this.#connections.closed()
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

  #makeConnections(): Connections {
    const events: ConnectionEvents = {
      ready: (entry, before) => {
        this.#offer(entry, before)
        this.#size.grow()
      },
      opened: () => this.#opened(),
      openFailed: (cause) => this.#openFailed(cause),
      abandoned: () => this.#size.grow(),
      lost: (cause) => {
        this.figures.failed(messageOf(cause))
        this.#size.grow()
      },
      broke: (error) => this.#broke(error),
      closed: () => void this.figures.closed++,
    }
    return new Connections(this.driver, { clock: this.clock, times: () => this.settings, events })
  }

  #makeSize(connections: Connections): PoolSize {
    return new PoolSize({
      connections,
      limits: () => this.settings,
      waiting: () => this.#queue.size,
      // who waits now is in no figure yet
      waitMs: () => Math.max((this.figures.waitP95 ?? 0) * 1000, this.clock.now() - this.#queue.since),
    })
  }

  #closedError(): Error {
    return fail('SPY_POOL_CLOSED', [this.settings.name])
  }

  #handOver(entry: PoolEntry, asker: Asker, since: number): Borrow {
    const now = this.clock.now()
    const borrow = new Borrow(entry, asker, now, now - since)
    borrow.system = this.driver.system
    this.#lent.set(entry.id, borrow)
    this.figures.lent(now - since, this.#lent.size)
    this.#alarm.notAfter(now + Math.min(HELD_LONG_MS, this.settings.leakAfterMs, this.settings.reclaimAfterMs ?? HELD_LONG_MS))
    return borrow
  }

  #wait(asker: Asker): Promise<Borrow> {
    const now = this.clock.now()
    const lent = this.#queue.add(asker, now)
    this.#alarm.notAfter(now + Math.min(this.settings.acquireTimeoutMs, this.settings.growWaitMs || Number.POSITIVE_INFINITY))
    this.#size.grow()
    this.#loadChanged()
    return lent
  }

  #opened(): void {
    this.figures.created++
    this.#lastFailed = false
  }

  /** The longest waiter gets the error: waiting further would only end in a less informative timeout. */
  #openFailed(cause: unknown): void {
    const message = messageOf(cause)
    const error = fail('SPY_CONNECTION_FAILED', [this.settings.name, this.driver.target, message], cause)
    this.#lastFailed = true
    this.figures.failed(message)
    this.#observer.connectionFailed(error)
    this.#queue.shift()?.reject(error)
    this.#size.grow()
    this.#loadChanged()
    this.#alarm.notAfter(this.clock.now() + LOOK_AGAIN_MS)
  }

  /** Hands a usable connection to the longest waiter, or keeps it idle. `before` had it until now. */
  #offer(entry: PoolEntry, before?: Borrow): void {
    if (this.#isClosed || entry.connection.broken || this.#connections.isOutdated(entry) || this.#connections.size > this.settings.max) {
      this.#connections.discard(entry)
      return
    }
    const first = this.#queue.shift()
    if (first) {
      const borrow = this.#handOver(entry, first.asker, first.since)
      borrow.heldBy = before?.asker.site.location()
      first.resolve(borrow)
    } else {
      this.#connections.keep(entry)
      this.#alarm.notAfter(this.#size.dueAtFor(entry))
    }
    this.#loadChanged()
  }

  #settle(borrow: Borrow): void {
    if (!this.#lent.delete(borrow.entry.id)) return
    this.figures.returned(this.clock.now() - borrow.since)
    borrow.unregister?.()
    if (borrow.leaked) this.#observer.leakReturned(borrow)
    const { entry } = borrow
    const isUnusable = entry.connection.broken || borrow.isDiscarded || this.#size.isTooOld(entry, this.clock.now())
    if (isUnusable || this.#isClosed) this.#connections.discard(entry)
    else if (entry.connection.inTransaction || entry.connection.running) this.#connections.reset(entry, borrow)
    else this.#offer(entry, borrow)
    if (isUnusable) this.#replace()
    this.#loadChanged()
    if (this.#lent.size === 0) this.#drained?.()
  }

  /** One of its connections was closed. */
  #replace(): void {
    this.#size.grow()
    if (this.size < this.settings.min) this.#alarm.notAfter(this.clock.now() + LOOK_AGAIN_MS)
  }

  #broke(error: Error): void {
    this.figures.failed(error.message)
    this.#observer.connectionFailed(error)
    this.#alarm.notAfter(this.clock.now() + LOOK_AGAIN_MS)
  }

  #loadChanged(): void {
    if (this.#isClosed) return
    const now = this.clock.now()
    this.#exhaustion.update({ lent: this.#lent.size - this.#connections.retired, max: this.settings.max, waiting: this.#queue.size }, now)
    this.#alarm.notAfter(this.#exhaustion.dueAt)
  }

  /** Everything that time alone brings about. */
  #check(): void {
    if (this.#isClosed) return
    const now = this.clock.now()
    const { acquireTimeoutMs, growWaitMs } = this.settings
    const waitersDueAt = this.#queue.timeOut(now, acquireTimeoutMs, (waiter) => waiter.reject(this.#timedOut(now, now - waiter.since)))
    const borrowsDueAt = watchBorrows(this.#lent.values(), now, this.settings, {
      heldLong: (borrow) => {
        this.#observer.heldLong(borrow)
        watchHandle(borrow, () => this.collected(borrow))
      },
      leaked: (borrow) => this.#leaked(borrow, false),
      overdue: (borrow) => this.reclaim(borrow),
    })
    this.#size.shrink(now)
    this.#size.fill()
    this.#size.grow()
    this.#loadChanged()
    this.#alarm.notAfter(Math.min(waitersDueAt, borrowsDueAt, this.#size.dueAt()))
    const growDueAt = this.#queue.since + growWaitMs
    if (growDueAt > now) this.#alarm.notAfter(growDueAt)
  }

  /** The error of a borrower that gives up. */
  #timedOut(now: number, waitedMs: number): Error {
    this.figures.gaveUp(waitedMs)
    this.#exhaustion.timedOut(now)
    const { name, acquireTimeoutMs, max } = this.settings
    const longest = this.#longest()
    const heldMs = longest ? Math.round(now - longest.since) : 0
    const where = longest?.describe() ?? 'nobody'
    return overloaded('SPY_POOL_TIMEOUT', [name, acquireTimeoutMs, this.#lent.size, max, this.#queue.size, heldMs, where])
  }

  #longest(): Borrow | undefined {
    return this.#lent.values().next().value
  }

  #leaked(borrow: Borrow, collected: boolean): void {
    borrow.leaked = true
    this.figures.leaks++
    this.#observer.leaked(borrow, collected)
  }
}
