/** What the event loop of the process did while nothing was waited for, or while an answer may already have been there. */
import { type Interval, lengthWithin } from './partition.ts'

/** Between two looks at the loop. */
export interface LoopStretch extends Interval {
  /** Time in which it was not idle, garbage collections included. */
  readonly busyMs: number
  /** It was blocked from then to the end of the stretch; undefined when it was not. */
  readonly blockedFromMs?: number | undefined
}

/** A request as a profile or a stack knows it: by what its code carries with it, or by its id. */
export interface LoopRequest {
  readonly requestContext?: object | undefined
  readonly spanId?: string | undefined
  /** Of its span. */
  readonly name: string
  /** Of one that was kept, or still runs. */
  readonly traceId?: string | undefined
}

/** What ran on the loop, as it was seen. */
export interface LoopWork extends Interval {
  /** Undefined: code outside of requests. */
  readonly request: LoopRequest | undefined
  /** `file:line` of the application; empty when none of its functions was running. */
  readonly location: string
}

export interface LoopEvidence {
  /** In order, without overlaps. */
  readonly stretches: readonly LoopStretch[]
  /** Pauses by the garbage collector, in order, without overlaps. */
  readonly collections: readonly Interval[]
  /** In order, without overlaps. */
  readonly work: readonly LoopWork[]
}

export interface LoopShares {
  collectionMs: number
  /** Nobody saw with what. */
  busyMs: number
  readonly workMs: Map<LoopWork, number>
  unknownMs: number
}

/** Within this time an answer that arrived while the loop was blocked is taken when it no longer is. */
const TAKEN_WITHIN_MS = 10

/** Divides time in which nothing was waited for. Where it is not known what the loop did, the time is unknown. */
export function loopShares(uncovered: readonly Interval[], evidence: LoopEvidence): LoopShares {
  const shares: LoopShares = { collectionMs: 0, busyMs: 0, workMs: new Map(), unknownMs: 0 }
  for (const interval of uncovered) {
    const collectionMs = within(interval, evidence.collections)
    const busyMs = Math.min(interval.endMs - interval.startMs - collectionMs, busyWithin(interval, evidence))
    shares.collectionMs += collectionMs
    shares.busyMs += busyMs - addWork(shares.workMs, { interval, busyMs }, evidence)
    shares.unknownMs += interval.endMs - interval.startMs - collectionMs - busyMs
  }
  return shares
}

/** Divides busy time among the work that was seen in it, and returns how much that was. */
function addWork(
  workMs: Map<LoopWork, number>,
  { interval, busyMs }: { readonly interval: Interval; readonly busyMs: number },
  { work, collections }: LoopEvidence,
): number {
  const seen = work.flatMap((one) => {
    if (lengthWithin(one, interval) === 0) return []
    const common = { startMs: Math.max(one.startMs, interval.startMs), endMs: Math.min(one.endMs, interval.endMs) }
    return [{ one, ms: common.endMs - common.startMs - within(common, collections) }]
  })
  const sum = seen.reduce((total, { ms }) => total + ms, 0)
  const scale = sum > busyMs ? busyMs / sum : 1
  for (const { one, ms } of seen) workMs.set(one, (workMs.get(one) ?? 0) + ms * scale)
  return sum * scale
}

function busyWithin(interval: Interval, { stretches, collections }: Pick<LoopEvidence, 'stretches' | 'collections'>): number {
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
export function knownEnd({ startMs, endMs }: Interval, { stretches }: Pick<LoopEvidence, 'stretches'>): number {
  for (const stretch of stretches) {
    const { blockedFromMs = Number.POSITIVE_INFINITY } = stretch
    if (endMs > blockedFromMs && endMs <= stretch.endMs + TAKEN_WITHIN_MS) return Math.max(startMs, blockedFromMs)
  }
  return endMs
}
