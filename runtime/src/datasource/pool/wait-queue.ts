/** Borrowers that wait for a connection, in the order of asking. */
import type { Asker, Borrow } from './borrow.ts'

export interface Waiter {
  readonly asker: Asker
  readonly since: number
  resolve(borrow: Borrow): void
  reject(error: Error): void
}

export class WaitQueue {
  readonly #waiters = new Set<Waiter>()

  get size(): number {
    return this.#waiters.size
  }

  /** When who has waited for longest began to. */
  get since(): number {
    const [first] = this.#waiters
    return first?.since ?? Number.POSITIVE_INFINITY
  }

  /** Resolves with the connection that the borrower is given. */
  add(asker: Asker, since: number): Promise<Borrow> {
    return new Promise((resolve, reject) => void this.#waiters.add({ asker, since, resolve, reject }))
  }

  /** Takes out who has waited for longest. */
  shift(): Waiter | undefined {
    const [first] = this.#waiters
    if (first) this.#waiters.delete(first)
    return first
  }

  /** Takes out those that have waited for `limitMs`, calls `late` for each, and says when the next is due. */
  timeOut(now: number, limitMs: number, late: (waiter: Waiter) => void): number {
    for (const waiter of this.#waiters) {
      if (waiter.since + limitMs > now) return waiter.since + limitMs
      this.#waiters.delete(waiter)
      late(waiter)
    }
    return Number.POSITIVE_INFINITY
  }

  rejectAll(error: () => Error): void {
    for (let waiter = this.shift(); waiter; waiter = this.shift()) waiter.reject(error())
  }
}
