/**
 * What happens to an order after the buyer has been answered: payment, mail, the warehouse. One at a time and apart from the requests. What an instance had
 * before it when it was killed is in the ledger: every instance looks there for what was left.
 */
import type { Ledger } from './ledger.ts'

const EVERY_MS = 2000

export class OrderDesk {
  readonly #ledger: Ledger
  readonly #onError: (error: unknown) => void
  readonly #timer: NodeJS.Timeout
  #working: Promise<void> | undefined
  #isAsked = false

  constructor(ledger: Ledger, onError: (error: unknown) => void) {
    this.#ledger = ledger
    this.#onError = onError
    this.#timer = setInterval(() => this.look(), EVERY_MS).unref()
  }

  /** There may be orders. Returns at once. */
  look(): void {
    this.#isAsked = true
    this.#working ??= this.#work().finally(() => (this.#working = undefined))
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#working
  }

  async #work(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false
      try {
        for (const order of await this.#ledger.reserved()) await this.#ledger.confirm(order)
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}
