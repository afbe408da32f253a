/** How many connections a pool should have: how many to open for those that wait, when to close what nobody needs, and when one is too old. */

export interface Demand {
  /** Open connections, and those that are coming. */
  readonly size: number
  /** Being opened, validated or reset: each is for one that waits. */
  readonly coming: number
  readonly waiting: number
  /** How long borrowers wait, at the 95th percentile; asked for only when it decides. */
  readonly waitMs: () => number
}

export interface SizeLimits {
  /** Opened at the start; `min` when it is not set. */
  readonly initial?: number | undefined
  readonly min: number
  readonly max: number
  /** Opened together when the pool grows. */
  readonly step: number
  /** The pool grows when borrowers wait for this long; 0: whenever one waits. */
  readonly growWaitMs: number
  readonly idleTimeoutMs: number
  readonly maxLifetimeMs?: number | undefined
}

/** Borrowers that wait, and that no connection is coming for. */
export const missing = ({ coming, waiting }: Demand): number => Math.max(0, waiting - coming)

/** How many connections to open now. A pool without any cannot wait for one to come back. */
export function toOpen(demand: Demand, { max, step, growWaitMs }: SizeLimits): number {
  const room = max - demand.size
  if (room <= 0 || missing(demand) === 0) return 0
  if (growWaitMs === 0 || demand.size === 0) return Math.min(room, Math.ceil(missing(demand) / step) * step)
  // One step at a time: what it brings shows in the next waits.
  return demand.coming > 0 || demand.waitMs() < growWaitMs ? 0 : Math.min(room, step)
}

/** How many connections to open so that a pool of this size has what it begins with, or keeps. */
export const toFill = (size: number, least: number, { max }: SizeLimits): number => Math.max(0, Math.min(least, max) - size)

/** When the connection that has been idle for longest is to be closed. */
export const shrinkDueAt = (size: number, oldestIdleSince: number, { min, idleTimeoutMs }: SizeLimits): number =>
  size > min ? oldestIdleSince + idleTimeoutMs : Number.POSITIVE_INFINITY

/** Connections that were opened together do not end together: they live up to a tenth shorter, by their number. */
const SPREAD = 0.1
/** Its multiples are spread evenly between 0 and 1, whatever their number. */
const GOLDEN_RATIO = 0.618_033_988_749_895

/** When a connection is too old to be lent again. */
export const endOfLife = (id: number, openedAt: number, { maxLifetimeMs }: Pick<SizeLimits, 'maxLifetimeMs'>): number =>
  maxLifetimeMs === undefined ? Number.POSITIVE_INFINITY : openedAt + maxLifetimeMs * (1 - SPREAD * ((id * GOLDEN_RATIO) % 1))
