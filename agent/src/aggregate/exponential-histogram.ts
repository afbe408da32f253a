/** Exponential histogram of durations with the buckets of the contract, in a fixed array: recording allocates nothing. */
import { HISTOGRAM_SCALE, bucketIndex, bucketMiddle } from '../contract/telemetry.ts'

/** From 2^-20 s (1 µs) to 2^14 s (4.5 h); values outside count in the first or last bucket. */
const FIRST_INDEX = -20 * 2 ** HISTOGRAM_SCALE
const BUCKETS = 34 * 2 ** HISTOGRAM_SCALE

export interface Buckets {
  /** Index of the first bucket of `counts`. */
  readonly offset: number
  readonly counts: readonly number[]
}

export class ExponentialHistogram {
  readonly #counts = new Float64Array(BUCKETS)
  count = 0
  zeroCount = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = 0

  record(seconds: number): void {
    this.count++
    this.sum += seconds
    if (seconds < this.min) this.min = seconds
    if (seconds > this.max) this.max = seconds
    if (seconds > 0) this.#add(bucketIndex(seconds) - FIRST_INDEX)
    else this.zeroCount++
  }

  #add(at: number): void {
    const bucket = at < 0 ? 0 : at < BUCKETS ? at : BUCKETS - 1
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
  }

  /** The buckets from the first to the last that hold anything. */
  buckets(): Buckets {
    const all = this.#counts
    let first = 0
    let last = BUCKETS - 1
    // Loops without a function: the spool asks many times a second.
    while (first < BUCKETS && all[first] === 0) first++
    if (first === BUCKETS) return { offset: 0, counts: [] }
    while (all[last] === 0) last--
    const counts: number[] = []
    for (let at = first; at <= last; at++) counts.push(all[at] ?? 0)
    return { offset: first + FIRST_INDEX, counts }
  }

  /** The value below which `share` of the recorded values fall, as the middle of its bucket; 0 when nothing was recorded. */
  quantile(share: number): number {
    const index = this.#quantileIndex(share)
    return index === undefined ? 0 : bucketMiddle(index)
  }

  /** Lower bound of the bucket that holds the quantile. */
  quantileFloor(share: number): number {
    const index = this.#quantileIndex(share)
    return index === undefined ? 0 : 2 ** (index / 2 ** HISTOGRAM_SCALE)
  }

  #quantileIndex(share: number): number | undefined {
    const rank = share * this.count - this.zeroCount
    if (this.count === 0 || rank <= 0) return undefined
    let seen = 0
    for (let at = 0; at < BUCKETS; at++) {
      seen += this.#counts[at] ?? 0
      if (seen >= rank) return at + FIRST_INDEX
    }
    return undefined
  }

  add(other: ExponentialHistogram): void {
    this.count += other.count
    this.zeroCount += other.zeroCount
    this.sum += other.sum
    this.min = Math.min(this.min, other.min)
    this.max = Math.max(this.max, other.max)
    for (let at = 0; at < BUCKETS; at++) this.#counts[at] = (this.#counts[at] ?? 0) + (other.#counts[at] ?? 0)
  }

  /** Makes everything in it count half, so that what comes later weighs more. */
  halve(): void {
    this.count /= 2
    this.zeroCount /= 2
    this.sum /= 2
    for (let at = 0; at < BUCKETS; at++) this.#counts[at] = (this.#counts[at] ?? 0) / 2
  }

  clear(): void {
    this.#counts.fill(0)
    this.count = 0
    this.zeroCount = 0
    this.sum = 0
    this.min = Number.POSITIVE_INFINITY
    this.max = 0
  }
}
