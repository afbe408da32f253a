/** Means with their 95 % interval. */

/** Student's t, two-sided 95 %, by degrees of freedom; beyond the table the normal distribution's. */
const T_95 = [
  12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093,
]

export interface Interval {
  readonly value: number
  readonly low: number
  readonly high: number
}

const rounded = (value: number): number => Math.round(value * 100) / 100

export function interval(values: readonly number[]): Interval {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  const half = (T_95[values.length - 2] ?? 1.96) * Math.sqrt(variance / values.length)
  return { value: rounded(mean), low: rounded(mean - half), high: rounded(mean + half) }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** Differences between two rows of rounds that were measured in pairs. */
export function differences(values: readonly number[], base: readonly number[]): number[] {
  return values.map((value, at) => value - (base[at] ?? Number.NaN))
}

/** Ratios of two rows of rounds that were measured in pairs. */
export function ratios(values: readonly number[], base: readonly number[]): number[] {
  return values.map((value, at) => value / (base[at] ?? Number.NaN))
}
