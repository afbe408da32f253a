/** How many items are left, as a cache keeps it: a timer reads the database five times a second, however many ask. What is sold does not come back. */
import { cache, type Refreshed } from '@spyglass/runtime/application'

const EVERY_MS = 200

export class Stock {
  readonly #kept: Refreshed<number>
  #isSoldOut = false

  constructor(read: () => Promise<number>) {
    this.#kept = cache('sale').refreshEvery('stock', EVERY_MS, read)
  }

  /** Rejects only if it was never read. */
  async left(): Promise<number> {
    if (this.#isSoldOut) return 0
    const left = await this.#kept.get()
    if (left === 0) this.soldOut()
    return left
  }

  /** Nobody need ask any more. */
  soldOut(): void {
    this.#isSoldOut = true
    this.stop()
  }

  stop(): void {
    this.#kept.stop()
  }
}
