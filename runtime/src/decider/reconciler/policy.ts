/** How patiently a process is treated. Settings in one place, per application with defaults for the whole server. */

export interface Policy {
  /** Own time that the first attempt may take until it is ready; each further one may take twice as much, up to 16 times. */
  readonly startPatienceMs: number
  /** Own time without a sign of life after which a process counts as hung. */
  readonly hangPatienceMs: number
  /** How long requests may run on when a process is replaced or no longer wanted. */
  readonly drainMs: number
  /** The same when the server stops. */
  readonly stopMs: number
  /** What it may take after that to close; it is killed then. */
  readonly closeMs: number
  /** Wait before the restart after the first failure; doubled after each further one. */
  readonly backOffFirstMs: number
  readonly backOffMostMs: number
  /** A process that lived this long begins a new series of failures. */
  readonly healthyAfterMs: number
  /** How long its health checks take at most to find that it is unhealthy; that time says nothing for it. */
  readonly healthDelayMs: number
  /** Failures in a row after which a process is put into quarantine. */
  readonly quarantineAfter: number
  /** How often a process in quarantine is tried again. */
  readonly quarantineRetryMs: number
}

/** Patience grows to 16 times the setting. */
const MAX_DOUBLINGS = 4

/** Own time that a start may take after `slowStarts` that were given up. */
export function startPatienceMs(policy: Policy, slowStarts: number): number {
  return policy.startPatienceMs * 2 ** Math.min(slowStarts, MAX_DOUBLINGS)
}

/** Wait until the next start after `failures` in a row, at least 1. */
export function backOffMs(policy: Policy, failures: number): number {
  if (failures >= policy.quarantineAfter) return policy.quarantineRetryMs
  return Math.min(policy.backOffFirstMs * 2 ** Math.min(failures - 1, 30), policy.backOffMostMs)
}
