/** Which requests are kept: decided when they end, when everything about them is known. */
import type { KeepReason } from './trace-record.ts'
import type { Wish } from './wishes/trace-state.ts'

/** What the decision looks at; a TraceRecord is one. */
export interface Outcome {
  readonly startMs: number
  readonly endMs: number
  readonly error: unknown
  readonly aborted: boolean
  readonly leaked: boolean
  readonly hadSlowStatement: boolean
  readonly partialSent: boolean
  /** What its caller wants, or somebody with the secret; undefined when nobody asked. */
  readonly wish?: Wish | undefined
}

export interface KeepPolicy {
  /** Set threshold; 0 leaves it to each route. */
  readonly slowRequestMs: number
  readonly keptPerSecond: number
  readonly baselinePerMinute: number
}

/** Those who have the secret may fill this many places a second. */
const FORCED_PER_SECOND = 100
/**
 * A service is called by several others, and by each several times for one request of theirs. What they want has places of its own: nobody proves
 * a wish, and it must not crowd out what is slow here.
 */
const WISHED_SHARE = 10

/** The floor of a route's own threshold. */
export const MIN_SLOW_MS = 100

/** Whether it failed, by an answer or an exception; not one that its client gave up. */
export function isFailure({ error, aborted }: Pick<Outcome, 'error' | 'aborted'>, status: number): boolean {
  return status >= 500 || (error !== undefined && !aborted)
}

export class KeepDecision {
  readonly #policy: KeepPolicy
  readonly #random: () => number
  readonly #own = new Places()
  readonly #wished = new Places()
  readonly #forced = new Places()
  #nextBaselineMs = 0
  /** Traces that were to be kept and were over the limit. */
  dropped = 0

  constructor(policy: KeepPolicy, random: () => number = Math.random) {
    this.#policy = policy
    this.#random = random
  }

  /** Why the record is to be kept, if it is. `routeSlowMs` is the route's own threshold. */
  reasonFor(record: Outcome, status: number, routeSlowMs: number): KeepReason | undefined {
    if (record.wish === 'forced') return 'forced'
    if (isFailure(record, status)) return 'error'
    if (record.leaked) return 'leak'
    if (record.aborted) return 'aborted'
    const limit = this.#policy.slowRequestMs || Math.max(MIN_SLOW_MS, routeSlowMs)
    if (record.endMs - record.startMs >= limit || record.hadSlowStatement) return 'slow'
    if (record.partialSent) return 'running'
    if (record.wish === 'kept') return 'trace'
    return this.#isBaseline(record.endMs) ? 'baseline' : undefined
  }

  /** Takes one of this second's places for what is kept for that reason; of what others want, one of those for that if there is none. */
  admit(nowMs: number, reason?: KeepReason, isWanted = false): boolean {
    const isAdmitted = this.#take(nowMs, reason) || (isWanted && this.#take(nowMs, 'trace'))
    if (!isAdmitted) this.dropped++
    return isAdmitted
  }

  #take(nowMs: number, reason: KeepReason | undefined): boolean {
    const { keptPerSecond } = this.#policy
    if (reason === 'forced') return this.#forced.take(nowMs, FORCED_PER_SECOND)
    return reason === 'trace' ? this.#wished.take(nowMs, WISHED_SHARE * keptPerSecond) : this.#own.take(nowMs, keptPerSecond)
  }

  /** One request in each of the minute's parts, at a random place so that nothing periodic is always caught or always missed. */
  #isBaseline(nowMs: number): boolean {
    const perMinute = this.#policy.baselinePerMinute
    if (perMinute <= 0 || nowMs < this.#nextBaselineMs) return false
    this.#nextBaselineMs = nowMs + (60_000 / perMinute) * (0.5 + this.#random())
    return true
  }
}

/** So many in each second. */
class Places {
  #second = Number.NEGATIVE_INFINITY
  #taken = 0

  take(nowMs: number, perSecond: number): boolean {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#taken = 0
    }
    if (this.#taken >= perSecond) return false
    this.#taken++
    return true
  }
}
