/** What a cache counts. */
import type { Clock } from '../clock/index.ts'

const WINDOW_MS = 60_000

export class CacheFigures {
  hits = 0
  misses = 0
  loads = 0
  loadFailures = 0
  staleServed = 0
  tooLarge = 0
  purges = 0
  storeFailures = 0
  purgeFailures = 0
  isStoreDown = false
  readonly #clock: Clock
  #windowAt = 0
  #before = { hits: 0, misses: 0 }
  #since = { hits: 0, misses: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Of the last one to two minutes; undefined: nothing was read. */
  get hitRatio(): number | undefined {
    this.#turn()
    const hits = this.hits - this.#before.hits
    const reads = hits + this.misses - this.#before.misses
    return reads === 0 ? undefined : hits / reads
  }

  hit(): void {
    this.#turn()
    this.hits++
  }

  miss(): void {
    this.#turn()
    this.misses++
  }

  #turn(): void {
    const windows = Math.floor(this.#clock.now() / WINDOW_MS) - this.#windowAt
    if (windows === 0) return
    const { hits, misses } = this
    this.#before = windows === 1 ? this.#since : { hits, misses }
    this.#since = { hits, misses }
    this.#windowAt += windows
  }
}
