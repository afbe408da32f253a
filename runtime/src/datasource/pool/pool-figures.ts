import { SlidingWindow } from '@spyglass/agent/aggregate'

/** What a pool counts since it opened, and the last minute's waits and uses. */
export class PoolFigures {
  borrows = 0
  peakActive = 0
  created = 0
  closed = 0
  timeouts = 0
  leaks = 0
  reclaimed = 0
  /** Commits whose connection was lost before the answer came. */
  unknownCommits = 0
  lastError = ''
  /** Milliseconds since the epoch; 0 when there was none. */
  lastErrorTime = 0
  readonly #waits = new SlidingWindow()
  readonly #uses = new SlidingWindow()
  readonly #now: () => number

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** 95th percentile of the last minute's waits in seconds; undefined when nobody borrowed. */
  get waitP95(): number | undefined {
    return this.#waits.quantile(0.95, this.#now())
  }

  /** 95th percentile of how long connections were held in the last minute, in seconds; undefined when none was returned. */
  get useP95(): number | undefined {
    return this.#uses.quantile(0.95, this.#now())
  }

  lent(waitMs: number, active: number): void {
    this.borrows++
    this.#waits.record(waitMs / 1000, this.#now())
    if (active > this.peakActive) this.peakActive = active
  }

  /** A borrower that gave up has waited too: without it an exhausted pool would look like one where nobody waits. */
  gaveUp(waitMs: number): void {
    this.timeouts++
    this.#waits.record(waitMs / 1000, this.#now())
  }

  returned(heldMs: number): void {
    this.#uses.record(heldMs / 1000, this.#now())
  }

  failed(message: string): void {
    this.lastError = message
    this.lastErrorTime = Date.now()
  }
}
