/** Looks at what is lent: a connection that is held too long and runs no statement has leaked. */
import type { Borrow } from './borrow.ts'

/** Only borrows longer than this are worth a resource of their own. */
export const HELD_LONG_MS = 1000
/** How often a leak is looked for again while a statement runs. */
const LOOK_AGAIN_MS = 1000

export interface LeakReports {
  heldLong(borrow: Borrow): void
  leaked(borrow: Borrow): void
}

/** Reports what was found, and says when to look again. */
export function watchBorrows(borrows: Iterable<Borrow>, now: number, leakAfterMs: number, reports: LeakReports): number {
  let next = Number.POSITIVE_INFINITY
  for (const borrow of borrows) next = Math.min(next, watchOne(borrow, now, leakAfterMs, reports))
  return next
}

function watchOne(borrow: Borrow, now: number, leakAfterMs: number, reports: LeakReports): number {
  const heldMs = now - borrow.since
  if (heldMs >= HELD_LONG_MS && !borrow.unregister) reports.heldLong(borrow)
  const longAt = borrow.unregister ? Number.POSITIVE_INFINITY : borrow.since + HELD_LONG_MS
  if (borrow.leaked) return longAt
  if (heldMs < leakAfterMs) return Math.min(longAt, borrow.since + leakAfterMs)
  if (borrow.isRunning) return Math.min(longAt, now + LOOK_AGAIN_MS)
  reports.leaked(borrow)
  return longAt
}
