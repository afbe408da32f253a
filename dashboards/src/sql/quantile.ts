/** Quantiles from exponential buckets, as SQL. The buckets are those of the contract: index to count, on seconds. */
import { HISTOGRAM_SCALE } from '@spyglass/agent/contract'

/** Two columns from a summed bucket map: `bucketKeys` (indexes, ascending) and `bucketSums` (counts up to and including each). */
export function bucketArrays(map: string): string {
  return [
    `arraySort(mapKeys(${map})) AS bucketKeys`,
    `arrayCumSum(arraySort((count, key) -> key, mapValues(${map}), mapKeys(${map}))) AS bucketSums`,
  ].join(',\n  ')
}

/**
 * The quantile in milliseconds, over the columns of {@link bucketArrays}: the geometric middle of the first bucket that reaches its
 * rank, so within 2.2 % of the truth at scale 4; 0 when there is no bucket.
 */
export function quantileMs(quantile: number): string {
  const index = `bucketKeys[arrayFirstIndex(sum -> sum >= ${quantile} * bucketSums[-1], bucketSums)]`
  return `if(empty(bucketKeys), 0, round(exp2((${index} + 0.5) / ${2 ** HISTOGRAM_SCALE}) * 1000, 3))`
}
