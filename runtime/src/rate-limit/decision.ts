/** What a limit says of a request, and how its client is told (draft-ietf-httpapi-ratelimit-headers-10). */
import type { Limit, Taken } from './sliding-window.ts'

export interface Decision {
  readonly isAllowed: boolean
  /** How many more are allowed now; undefined where nothing is counted: the client is exempt, or the store is down. */
  readonly remaining?: number
  /** Seconds until more are allowed. */
  readonly resetS?: number
  /** Why not. */
  readonly reason?: 'rate_limited' | 'address_denied' | 'rate_store_down'
}

export const PASSED: Decision = { isAllowed: true }

export function decisionOf({ isAllowed, remaining, inMs }: Taken): Decision {
  const counted = { remaining, resetS: Math.max(1, Math.ceil(inMs / 1000)) }
  return isAllowed ? { isAllowed, ...counted } : { isAllowed, ...counted, reason: 'rate_limited' }
}

/** The fields of the answer; none where nothing is counted. */
export function fieldsOf(
  name: string,
  { max, windowMs }: Limit,
  { isAllowed, remaining, resetS }: Decision,
): Readonly<Record<string, string>> {
  if (remaining === undefined || resetS === undefined) return {}
  return {
    'ratelimit-policy': `"${name}";q=${max};w=${Math.max(1, Math.round(windowMs / 1000))}`,
    ratelimit: `"${name}";r=${remaining};t=${resetS}`,
    ...(isAllowed ? {} : { 'retry-after': String(resetS) }),
  }
}
