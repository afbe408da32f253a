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

/** Of values that are not above zero. */
const NO_BUCKET = -1

/** Where a value belongs: the logarithm is most of what a record costs. */
export function bucketOf(seconds: number): number {
  if (!(seconds > 0)) return NO_BUCKET
  return Math.max(0, Math.min(bucketIndex(seconds) - FIRST_INDEX, BUCKETS - 1))
}

export class ExponentialHistogram {
  readonly #counts = new Float64Array(BUCKETS)
  /** Range of buckets that may hold anything, so that nobody walks all of them. */
  #first = BUCKETS
  #last = -1
  count = 0
  zeroCount = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = 0

  record(seconds: number): void {
    this.recordIn(bucketOf(seconds), seconds)
  }

  /** The same, for a value that several histograms get. `bucket` is that of {@link bucketOf}. */
  recordIn(bucket: number, seconds: number): void {
    this.count++
    this.sum += seconds
    if (seconds < this.min) this.min = seconds
    if (seconds > this.max) this.max = seconds
    if (bucket === NO_BUCKET) this.zeroCount++
    else this.#add(bucket)
  }

  #add(bucket: number): void {
    if (bucket < this.#first) this.#first = bucket
    if (bucket > this.#last) this.#last = bucket
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
  }

  /** The buckets from the first to the last that hold anything. */
  buckets(): Buckets {
    return { offset: this.offset, counts: [...this.counts] }
  }

  /** Index of the first bucket of {@link counts}; 0 when there is none. */
  get offset(): number {
    return this.#last < 0 ? 0 : this.#first + FIRST_INDEX
  }

  /** The same counts as those of {@link buckets}: a view that the next value changes. */
  get counts(): Float64Array {
    return this.#counts.subarray(this.#first, this.#last + 1)
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
    for (let at = this.#first; at <= this.#last; at++) {
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
    this.#first = Math.min(this.#first, other.#first)
    this.#last = Math.max(this.#last, other.#last)
    for (let at = other.#first; at <= other.#last; at++) this.#counts[at] = (this.#counts[at] ?? 0) + (other.#counts[at] ?? 0)
  }

  /** Makes everything in it count half, so that what comes later weighs more. */
  halve(): void {
    this.count /= 2
    this.zeroCount /= 2
    this.sum /= 2
    for (let at = this.#first; at <= this.#last; at++) this.#counts[at] = (this.#counts[at] ?? 0) / 2
  }

  clear(): void {
    this.#counts.fill(0)
    this.#first = BUCKETS
    this.#last = -1
    this.count = 0
    this.zeroCount = 0
    this.sum = 0
    this.min = Number.POSITIVE_INFINITY
    this.max = 0
  }
}
