/** The limit that the latency of the answers sets. It is judged when enough of them have come, not by time: a few may be those of one client. */
import { AdaptiveLimit, type LimitWindow } from './adaptive-limit.ts'

const MIN_ANSWERS = 10
/** After so many windows what came is judged too. */
const MAX_WINDOWS = 20

export class LatencyLimit {
  readonly limit = new AdaptiveLimit()
  #answers = 0
  #slow = 0
  #windows = 0
  #peak = 0
  #refused = 0

  /** `isSlow`: it took longer than it may. */
  answered(isSlow: boolean): void {
    this.#answers++
    if (isSlow) this.#slow++
  }

  windowEnded({ peak, refused, occupied }: Pick<LimitWindow, 'peak' | 'refused' | 'occupied'>): void {
    this.#windows++
    this.#peak = Math.max(this.#peak, peak)
    this.#refused += refused
    if (this.#answers < MIN_ANSWERS && this.#windows < MAX_WINDOWS) return
    const strain = this.#answers < MIN_ANSWERS ? 0 : (2 * this.#slow) / this.#answers // half of them slow is what may be
    this.limit.step({ strain, isBusy: this.#slow > 0, peak: this.#peak, refused: this.#refused, occupied })
    this.#answers = this.#slow = this.#windows = this.#peak = this.#refused = 0
  }
}
