/** Keeps the number of connections as sizing.ts decides: brings those that are missing, and closes those that nobody needs or that are too old. */
import type { PoolEntry } from './borrow.ts'
import type { Connections } from './connections.ts'
import { type Demand, endOfLife, missing, shrinkDueAt, type SizeLimits, toFill, toOpen } from './sizing.ts'

export interface PoolSizeOptions {
  readonly connections: Connections
  readonly limits: () => SizeLimits
  /** Borrowers that wait. */
  readonly waiting: () => number
  /** How long they wait, at the 95th percentile. */
  readonly waitMs: () => number
}

export class PoolSize {
  readonly #connections: Connections
  readonly #limits: () => SizeLimits
  readonly #waiting: () => number
  readonly #waitMs: () => number

  constructor({ connections, limits, waiting, waitMs }: PoolSizeOptions) {
    this.#connections = connections
    this.#limits = limits
    this.#waiting = waiting
    this.#waitMs = waitMs
  }

  /** Opens what the pool begins with. A database that cannot be reached is reported and tried again, not thrown. */
  async start(least = 0): Promise<void> {
    const limits = this.#limits()
    await this.#open(toFill(this.#connections.size, Math.max(least, limits.min, limits.initial ?? 0), limits))
  }

  /** Opens what is missing of the minimum. */
  fill(): void {
    const limits = this.#limits()
    void this.#open(toFill(this.#connections.size, limits.min, limits))
  }

  /** Brings a connection for each borrower that waits, as far as there is room and the limits allow. */
  grow(): void {
    if (this.#waiting() === 0) return
    while (missing(this.#demand()) > 0 && this.#connections.bringIdle());
    void this.#open(toOpen(this.#demand(), this.#limits()))
  }

  /** Closes what is above the maximum and idle. */
  cut(): void {
    const { max } = this.#limits()
    while (this.#connections.size > max && this.#connections.discardOldest());
  }

  /** Closes what has been idle for too long, oldest first, down to the minimum, and what is too old. */
  shrink(now: number): void {
    while (this.#shrinkDueAt() <= now) this.#connections.discardOldest()
    this.#connections.discardIdleIf((entry) => this.isTooOld(entry, now))
  }

  /** Whether it was opened too long ago, or with other settings, to be lent again. */
  isTooOld(entry: PoolEntry, now: number): boolean {
    return this.#connections.isOutdated(entry) || this.#endOfLife(entry) <= now
  }

  /** When {@link shrink} has something to do. */
  dueAt(): number {
    const oldest = this.#limits().maxLifetimeMs === undefined ? [] : this.#connections.allIdle.map((entry) => this.#endOfLife(entry))
    return Math.min(this.#shrinkDueAt(), ...oldest)
  }

  /** The same of one connection, which has just become idle. */
  dueAtFor(entry: PoolEntry): number {
    return Math.min(this.#shrinkDueAt(), this.#endOfLife(entry))
  }

  #endOfLife({ id, openedAt }: PoolEntry): number {
    return endOfLife(id, openedAt, this.#limits())
  }

  #shrinkDueAt(): number {
    const { size, oldestIdleSince } = this.#connections
    return shrinkDueAt(size, oldestIdleSince, this.#limits())
  }

  #demand(): Demand {
    const { size, coming } = this.#connections
    return { size, coming, waiting: this.#waiting(), waitMs: this.#waitMs }
  }

  async #open(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#connections.open()))
  }
}
