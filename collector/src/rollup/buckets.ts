/** Exponential buckets of any scale into those of the rollups (scale 4), https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram */
import { bucketIndex, HISTOGRAM_SCALE } from '@spyglass/agent/contract'

export type Buckets = Map<number, number>

/** A duration of 0 has no bucket of its own; it is counted as one nanosecond. */
const ZERO_INDEX = bucketIndex(1e-9)

export interface ExponentialCounts {
  readonly scale: number
  readonly offset: number
  readonly counts: readonly number[]
  readonly zeroCount: number
}

export function addSeconds(buckets: Buckets, seconds: number): void {
  addCount(buckets, seconds > 0 ? bucketIndex(seconds) : ZERO_INDEX, 1)
}

/** Adds a histogram. Finer buckets fall into the one around them; a coarser one is counted in its middle. */
export function addHistogram(buckets: Buckets, { scale, offset, counts, zeroCount }: ExponentialCounts): void {
  addCount(buckets, ZERO_INDEX, zeroCount)
  for (const [i, count] of counts.entries()) addCount(buckets, rescaled(offset + i, scale), count)
}

function rescaled(index: number, scale: number): number {
  const finer = scale - HISTOGRAM_SCALE
  if (finer >= 0) return Math.floor(index / 2 ** finer)
  const width = 2 ** -finer
  return index * width + width / 2
}

function addCount(buckets: Buckets, index: number, count: number): void {
  if (count > 0) buckets.set(index, (buckets.get(index) ?? 0) + count)
}
