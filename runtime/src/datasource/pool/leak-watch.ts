/** Looks at what is lent: a connection that is held too long and runs no statement has leaked. */
import type { Borrow } from './borrow.ts'

/** Only borrows longer than this are worth a resource of their own. */
export const HELD_LONG_MS = 1000
/** How often a leak is looked for again while a statement runs. */
const LOOK_AGAIN_MS = 1000

export interface LeakReports {
  heldLong(borrow: Borrow): void
  leaked(borrow: Borrow): void
  /** It has been held for so long that it is taken back. */
  overdue(borrow: Borrow): void
}

export interface LeakTimes {
  readonly leakAfterMs: number
  readonly reclaimAfterMs?: number | undefined
}

/** Reports what was found, and says when to look again. */
export function watchBorrows(borrows: Iterable<Borrow>, now: number, times: LeakTimes, reports: LeakReports): number {
  let next = Number.POSITIVE_INFINITY
  for (const borrow of borrows) next = Math.min(next, watchOne(borrow, now, times, reports))
  return next
}

function watchOne(
  borrow: Borrow,
  now: number,
  { leakAfterMs, reclaimAfterMs = Number.POSITIVE_INFINITY }: LeakTimes,
  reports: LeakReports,
): number {
  const heldMs = now - borrow.since
  if (heldMs >= HELD_LONG_MS && !borrow.unregister) reports.heldLong(borrow)
  if (borrow.returned) return Number.POSITIVE_INFINITY
  const longAt = borrow.unregister ? Number.POSITIVE_INFINITY : borrow.since + HELD_LONG_MS
  const due = Math.min(borrow.leaked ? Number.POSITIVE_INFINITY : leakAfterMs, reclaimAfterMs)
  if (heldMs < due) return Math.min(longAt, borrow.since + due)
  if (borrow.isRunning) return Math.min(longAt, now + LOOK_AGAIN_MS)
  if (!borrow.leaked) reports.leaked(borrow)
  if (heldMs < reclaimAfterMs) return Math.min(longAt, borrow.since + reclaimAfterMs)
  reports.overdue(borrow)
  return Number.POSITIVE_INFINITY
}
