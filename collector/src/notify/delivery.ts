/** What became of the pages for one receiver: what an operator must know before the next page. */

export interface Delivery {
  /** Name of the receiver in the configuration. */
  readonly receiver: string
  /** Pages that wait for it. */
  readonly waiting: number
  /** When it last accepted one; in milliseconds since the epoch, like all times here. */
  readonly lastSuccess?: number
  /** Since when each attempt has failed; absent while it accepts. */
  readonly failingSince?: number
  /** Why the last attempt failed; without the receiver's address, which may hold a token. */
  readonly reason?: string
}

/** The part that survives a restart. */
export type DeliveryHistory = Omit<Delivery, 'receiver' | 'waiting'>

export const afterSuccess = (now: number): DeliveryHistory => ({ lastSuccess: now })

export function afterFailure(before: DeliveryHistory, reason: string, now: number): DeliveryHistory {
  return { ...before, failingSince: before.failingSince ?? now, reason }
}
