/** Which requests are kept: decided when they end, when everything about them is known. */
import type { KeepReason } from './trace-record.ts'

/** What the decision looks at; a TraceRecord is one. */
export interface Outcome {
  readonly startMs: number
  readonly endMs: number
  readonly error: unknown
  readonly aborted: boolean
  readonly leaked: boolean
  readonly hadSlowStatement: boolean
  readonly partialSent: boolean
}

export interface KeepPolicy {
  /** Set threshold; 0 leaves it to each route. */
  readonly slowRequestMs: number
  readonly keptPerSecond: number
  readonly baselinePerMinute: number
}

/** The floor of a route's own threshold. */
export const MIN_SLOW_MS = 100

/** Whether it failed, by an answer or an exception; not one that its client gave up. */
export function isFailure({ error, aborted }: Pick<Outcome, 'error' | 'aborted'>, status: number): boolean {
  return status >= 500 || (error !== undefined && !aborted)
}

export class KeepDecision {
  readonly #policy: KeepPolicy
  readonly #random: () => number
  #second = Number.NEGATIVE_INFINITY
  #keptThisSecond = 0
  #nextBaselineMs = 0
  /** Traces that were to be kept and were over the limit. */
  dropped = 0

  constructor(policy: KeepPolicy, random: () => number = Math.random) {
    this.#policy = policy
    this.#random = random
  }

  /** Why the record is to be kept, if it is. `routeSlowMs` is the route's own threshold. */
  reasonFor(record: Outcome, status: number, routeSlowMs: number): KeepReason | undefined {
    if (isFailure(record, status)) return 'error'
    if (record.leaked) return 'leak'
    if (record.aborted) return 'aborted'
    const limit = this.#policy.slowRequestMs || Math.max(MIN_SLOW_MS, routeSlowMs)
    if (record.endMs - record.startMs >= limit || record.hadSlowStatement) return 'slow'
    if (record.partialSent) return 'running'
    return this.#isBaseline(record.endMs) ? 'baseline' : undefined
  }

  /** Takes one of this second's places. */
  admit(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#keptThisSecond = 0
    }
    if (this.#keptThisSecond >= this.#policy.keptPerSecond) {
      this.dropped++
      return false
    }
    this.#keptThisSecond++
    return true
  }

  /** One request in each of the minute's parts, at a random place so that nothing periodic is always caught or always missed. */
  #isBaseline(nowMs: number): boolean {
    const perMinute = this.#policy.baselinePerMinute
    if (perMinute <= 0 || nowMs < this.#nextBaselineMs) return false
    this.#nextBaselineMs = nowMs + (60_000 / perMinute) * (0.5 + this.#random())
    return true
  }
}
