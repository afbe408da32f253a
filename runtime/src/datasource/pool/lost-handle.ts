/**
 * Proof that a connection has leaked: what the borrower has of it was garbage-collected. A FinalizationRegistry costs much for handles that come and
 * go, so only what has been held for long is registered.
 */
import type { Borrow } from './borrow.ts'

const lost = new FinalizationRegistry<() => void>((tell) => tell())

/** Calls `collected` when nobody can return the connection any more; at once when that is so already. It must not refer to the handle. */
export function watchHandle({ handle }: Borrow, collected: () => void): void {
  if (!handle) return
  const present = handle.deref()
  if (present) lost.register(present, collected)
  else collected()
}
