/** How many connections a pool should have: when to bring more, and when to close what nobody needs. */

export interface Size {
  readonly size: number
  readonly coming: number
  readonly waiting: number
}

export interface SizeLimits {
  readonly min: number
  readonly max: number
  readonly idleTimeoutMs: number
}

/** Whether another connection should be made ready: one for each borrower that waits. */
export const needsMore = ({ coming, waiting }: Size): boolean => coming < waiting

export const mayOpen = ({ size }: Size, { max }: SizeLimits): boolean => size < max

/** When the connection that has been idle for longest is to be closed. */
export const shrinkDueAt = (size: number, oldestIdleSince: number, { min, idleTimeoutMs }: SizeLimits): number =>
  size > min ? oldestIdleSince + idleTimeoutMs : Number.POSITIVE_INFINITY
