/**
 * How many requests may be under way at once, learned from how much a resource suffers: the event loop, a pool, the answers themselves. There is no limit
 * until it suffers for several windows in a row. Then the limit falls by a part while it suffers and rises by one while it does not (AIMD); after an
 * avalanche it begins at the bottom and doubles (slow start). Pure: time comes as windows.
 */

/** What was seen in one window of time. */
export interface LimitWindow {
  /** How much the resource suffers, in parts of what is allowed: more than 1 is too much. */
  readonly strain: number
  /** Whether the resource had as much to do as it can. If not, a limit that refuses is far too low. */
  readonly isBusy: boolean
  /** Most requests under way at once. */
  readonly peak: number
  /** Requests under way at its end. */
  readonly occupied: number
  /** Requests that the limit refused. */
  readonly refused: number
}

/** An application with so few requests under way is never refused any, whatever it suffers. */
export const MIN_LIMIT = 4
/** One long garbage collection or one slow handler is a window or two. */
const STRAINED_WINDOWS = 3
/** After a start the code is cold and all clients come at once: the first strained window counts. */
const WARM_UP_WINDOWS = 200
/** So much strain is an avalanche: what is under way has to end before anything is admitted. */
const AVALANCHE = 10
/** Windows without strain and without a refusal until the limit is lifted. */
const CALM_WINDOWS = 40
const DECREASE = 0.9
const STEEP_DECREASE = 0.7
const STEEP = 3
const INCREASE_OF_IDLE = 1.05

export class AdaptiveLimit {
  /** Infinity: there is none. */
  value = Number.POSITIVE_INFINITY
  #windows = 0
  #strained = 0
  #calm = 0
  /** Up to here it doubles. */
  #doublesTo = 0

  get isLimiting(): boolean {
    return this.value !== Number.POSITIVE_INFINITY
  }

  /** Takes in the window that has ended. */
  step(window: LimitWindow): void {
    this.#windows++
    if (this.isLimiting) this.#adapt(window)
    else this.#watch(window)
  }

  /** Lifts the limit. */
  lift(): void {
    this.value = Number.POSITIVE_INFINITY
    this.#strained = 0
    this.#calm = 0
  }

  #watch({ strain, peak }: LimitWindow): void {
    this.#strained = strain > 1 ? this.#strained + 1 : 0
    const isCold = this.#windows <= WARM_UP_WINDOWS
    if (peak <= MIN_LIMIT || this.#strained < (isCold ? 1 : STRAINED_WINDOWS)) return
    const half = Math.max(MIN_LIMIT, Math.floor(peak / 2))
    const isAvalanche = isCold || strain > AVALANCHE
    this.#doublesTo = isAvalanche ? half : 0
    this.value = isAvalanche ? MIN_LIMIT : half
  }

  #adapt({ strain, isBusy, occupied, refused }: LimitWindow): void {
    this.#calm = strain > 1 || refused > 0 ? 0 : this.#calm + 1
    if (this.#calm >= CALM_WINDOWS) return this.lift()
    if (strain > 1) this.#lower(strain, occupied)
    else if (refused > 0) this.#raise(isBusy) // what nobody reaches need not rise
  }

  /** What was admitted before the last decrease still makes strain: until it has ended, another decrease would punish twice. */
  #lower(strain: number, occupied: number): void {
    if (occupied > this.value) return
    this.#doublesTo = 0
    this.value = Math.max(MIN_LIMIT, this.value * (strain > STEEP ? STEEP_DECREASE : DECREASE))
  }

  #raise(isBusy: boolean): void {
    if (this.value < this.#doublesTo) this.value = Math.min(this.#doublesTo, this.value * 2)
    else this.value = (isBusy ? this.value : this.value * INCREASE_OF_IDLE) + 1
  }
}
