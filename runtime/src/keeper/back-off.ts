/** Delays between restarts: doubled after each quick exit, reset after a run long enough to count as healthy. */
export interface BackOff {
  /** Milliseconds to wait before the next start, given how long the process ran. */
  next(livedMs: number): number
}

export interface BackOffOptions {
  readonly firstMs?: number
  readonly mostMs?: number
  /** A process that lives this long resets the series. */
  readonly healthyMs?: number
}

export function createBackOff({ firstMs = 100, mostMs = 10_000, healthyMs = 20_000 }: BackOffOptions = {}): BackOff {
  let waitMs = firstMs
  return {
    next(livedMs) {
      if (livedMs >= healthyMs) waitMs = firstMs
      const now = waitMs
      waitMs = Math.min(waitMs * 2, mostMs)
      return now
    },
  }
}
