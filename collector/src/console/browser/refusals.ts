/** What was refused in place of the applications, and why: by the reason that the access log has as `error.type`. */
import type { Instances } from './api-types.ts'

export interface RefusalRow {
  readonly application: string
  readonly instance: string
  readonly reason: string
  readonly count: number
}

const REASONS: Readonly<Record<string, string>> = {
  overloaded_loop: 'the event loop was late',
  overloaded_pool: 'borrowers waited too long for a pool',
  overloaded_latency: 'answers took too long',
  overloaded_limit: 'maxInFlight requests were under way',
  rate_limited: 'over a rate limit',
  address_denied: 'the address is denied',
  rate_store_down: 'the store of a rate limit did not answer',
  key_in_flight: 'another request for the same key was under way',
  queue_full: 'a queue was full',
  queue_late: 'its turn in a queue did not come in time',
}

/** Largest first. */
export function refusalRows(applications: Instances['applications']): readonly RefusalRow[] {
  return applications
    .flatMap(({ name, instance, refusals }) => refusals.map((one) => ({ ...one, application: name, instance })))
    .toSorted((a, b) => b.count - a.count)
}

export const refusalText = (reason: string): string => REASONS[reason] ?? reason.replaceAll('_', ' ')
