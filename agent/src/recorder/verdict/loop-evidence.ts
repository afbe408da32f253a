/** What the event loop of the process did while nothing was waited for, or while an answer may already have been there. */
import { type Interval, lengthWithin } from './partition.ts'

/** Between two looks at the loop. */
export interface LoopStretch extends Interval {
  /** Time in which it was not idle, garbage collections included. */
  readonly busyMs: number
  /** It was blocked from then to the end of the stretch; undefined when it was not. */
  readonly blockedFromMs?: number | undefined
}

export interface LoopEvidence {
  /** In order, without overlaps. */
  readonly stretches: readonly LoopStretch[]
  /** Pauses by the garbage collector, in order, without overlaps. */
  readonly collections: readonly Interval[]
}

export interface LoopShares {
  collectionMs: number
  busyMs: number
  unknownMs: number
}

/** Within this time an answer that arrived while the loop was blocked is taken when it no longer is. */
const TAKEN_WITHIN_MS = 10

/** Divides time in which nothing was waited for. Where it is not known what the loop did, the time is unknown. */
export function loopShares(uncovered: readonly Interval[], { stretches, collections }: LoopEvidence): LoopShares {
  const shares = { collectionMs: 0, busyMs: 0, unknownMs: 0 }
  for (const interval of uncovered) {
    const collectionMs = within(interval, collections)
    const busyMs = Math.min(interval.endMs - interval.startMs - collectionMs, busyWithin(interval, { stretches, collections }))
    shares.collectionMs += collectionMs
    shares.busyMs += busyMs
    shares.unknownMs += interval.endMs - interval.startMs - collectionMs - busyMs
  }
  return shares
}

function busyWithin(interval: Interval, { stretches, collections }: LoopEvidence): number {
  let sum = 0
  for (const stretch of stretches) {
    if (lengthWithin(stretch, interval) === 0) continue
    const common = { startMs: Math.max(stretch.startMs, interval.startMs), endMs: Math.min(stretch.endMs, interval.endMs) }
    sum += Math.max(0, busyIn(stretch, common) - within(common, collections))
  }
  return sum
}

/** Blocked time is known to the millisecond; other work counts as spread evenly over the rest of its stretch. */
function busyIn({ startMs, endMs, busyMs, blockedFromMs = endMs }: LoopStretch, common: Interval): number {
  const blockedMs = endMs - blockedFromMs
  const rest = { startMs, endMs: blockedFromMs }
  const restMs = blockedFromMs - startMs
  const density = restMs <= 0 ? 0 : Math.min(1, Math.max(0, busyMs - blockedMs) / restMs)
  return lengthWithin(common, { startMs: blockedFromMs, endMs }) + density * lengthWithin(common, rest)
}

const within = (interval: Interval, others: readonly Interval[]): number =>
  others.reduce((sum, other) => sum + lengthWithin(interval, other), 0)

/**
 * When a wait was over as far as it is known. The answer of one that ends just after the loop was blocked may have come long before: it counts up to
 * where the loop was blocked. A wait that goes on after the loop was free is left as it is.
 */
export function knownEnd({ startMs, endMs }: Interval, { stretches }: LoopEvidence): number {
  for (const stretch of stretches) {
    const { blockedFromMs = Number.POSITIVE_INFINITY } = stretch
    if (endMs > blockedFromMs && endMs <= stretch.endMs + TAKEN_WITHIN_MS) return Math.max(startMs, blockedFromMs)
  }
  return endMs
}
