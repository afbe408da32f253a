/** How a count went over a range, as bars. */

export interface Counts {
  /** Starts of the steps in which something was counted, in seconds since the epoch. */
  readonly steps: readonly number[]
  readonly counts: readonly number[]
}

export interface CountedRange {
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly stepSeconds: number
}

const MAX_BARS = 60

/** What was counted in each of at most {@link MAX_BARS} equal parts of the range. */
export function barsOf({ steps, counts }: Counts, { from, to, stepSeconds }: CountedRange): number[] {
  const first = Math.floor(from / 1000 / stepSeconds)
  const length = Math.max(1, Math.floor(to / 1000 / stepSeconds) - first + 1)
  const width = Math.ceil(length / MAX_BARS)
  const bars = Array.from({ length: Math.ceil(length / width) }, () => 0)
  for (const [i, step] of steps.entries()) {
    const at = Math.floor((Math.floor(step / stepSeconds) - first) / width)
    if (at >= 0 && at < bars.length) bars[at] = (bars[at] ?? 0) + (counts[i] ?? 0)
  }
  return bars
}
