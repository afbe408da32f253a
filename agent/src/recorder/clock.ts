/** Turns the process's monotonic milliseconds into milliseconds since the epoch. */

/** A correction of the system's clock beyond this is followed. */
const TOLERATED_DRIFT_MS = 5

let offset = performance.timeOrigin

export function now(): number {
  return performance.now()
}

export function toEpochMs(monotonicMs: number): number {
  return offset + monotonicMs
}

export function fromEpochMs(epochMs: number): number {
  return epochMs - offset
}

/** Follows the system's clock when it was set, or when the machine slept. Called now and then. */
export function followClock(epochMs: number = Date.now()): void {
  const drift = epochMs - toEpochMs(performance.now())
  if (Math.abs(drift) > TOLERATED_DRIFT_MS) offset += drift
}
