/** How many items are left, as a timer reads it: however many ask, the database is read five times a second. */

const EVERY_MS = 200

export class Stock {
  /** Undefined until it was read. */
  left: number | undefined
  readonly #read: () => Promise<number>
  readonly #onError: (error: unknown) => void
  readonly #timer: NodeJS.Timeout
  #isReading = false

  constructor(read: () => Promise<number>, onError: (error: unknown) => void) {
    this.#read = read
    this.#onError = onError
    this.#timer = setInterval(() => void this.refresh(), EVERY_MS).unref()
  }

  /** Whether it is known that nothing is left. What is sold does not come back. */
  get isSoldOut(): boolean {
    return this.left === 0
  }

  async refresh(): Promise<void> {
    if (this.#isReading || this.isSoldOut) return
    this.#isReading = true
    try {
      this.left = await this.#read()
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#isReading = false
    }
  }

  soldOut(): void {
    this.left = 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
