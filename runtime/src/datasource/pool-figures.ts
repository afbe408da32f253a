import { RecentQuantile } from './recent-quantile.ts'

/** What a pool counts since it opened, and the last minute's waits and uses. */
export class PoolFigures {
  borrows = 0
  peakActive = 0
  created = 0
  closed = 0
  timeouts = 0
  leaks = 0
  lastError = ''
  /** Milliseconds since the epoch; 0 when there was none. */
  lastErrorTime = 0
  readonly waits: RecentQuantile
  readonly uses: RecentQuantile

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.waits = new RecentQuantile(now)
    this.uses = new RecentQuantile(now)
  }

  lent(waitMs: number, active: number): void {
    this.borrows++
    this.waits.record(waitMs)
    if (active > this.peakActive) this.peakActive = active
  }

  /** A wait in vain is a wait: without it an exhausted pool would look like one where nobody waits. */
  gaveUp(waitMs: number): void {
    this.timeouts++
    this.waits.record(waitMs)
  }

  returned(heldMs: number): void {
    this.uses.record(heldMs)
  }

  failed(message: string): void {
    this.lastError = message
    this.lastErrorTime = Date.now()
  }
}
