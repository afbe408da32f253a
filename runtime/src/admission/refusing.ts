/** The times in which an application refuses requests: each is an incident, which ends when it has refused none for a while. */
import type { Overload } from './admission-settings.ts'

export interface RefusalReport {
  /** It refused a request, the first in a while. */
  began(reason: Overload): void
  /** It has refused none for a while: so many in that time. */
  ended(refused: number, durationMs: number): void
}

/** After so long without a refusal it has ended. */
export const CALM_MS = 5000

export class Refusing {
  /** All that were ever refused, by reason. */
  readonly byReason = new Map<Overload, number>()
  total = 0
  readonly #report: RefusalReport
  #present: { readonly since: number; readonly before: number; last: number } | undefined

  constructor(report: RefusalReport) {
    this.#report = report
  }

  get isRefusing(): boolean {
    return this.#present !== undefined
  }

  /** How long it has been refusing; 0: it does not. */
  durationMs(now: number): number {
    return this.#present ? now - this.#present.since : 0
  }

  refused(reason: Overload, now: number): void {
    this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + 1)
    const before = this.total++
    if (this.#present) {
      this.#present.last = now
      return
    }
    this.#present = { since: now, before, last: now }
    this.#report.began(reason)
  }

  /** To be called from time to time. */
  look(now: number): void {
    if (this.#present && now - this.#present.last >= CALM_MS) this.end(now)
  }

  /** What was reported ends. */
  end(now: number): void {
    if (!this.#present) return
    const { since, before } = this.#present
    this.#present = undefined
    this.#report.ended(this.total - before, now - since)
  }
}
