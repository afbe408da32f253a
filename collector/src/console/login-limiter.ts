/** Bounds guesses: after some failures an address must wait, whatever it then sends. */

export interface LoginLimiter {
  /** Milliseconds until the address may try again; 0: now. */
  waitMs(address: string): number
  failed(address: string): void
}

export interface LoginLimiterOptions {
  /** Failures allowed in a window. Default 5. */
  readonly failures?: number
  /** Default one minute. */
  readonly windowMs?: number
  readonly now?: () => number
}

/** More addresses than this at once are an attack from many; the oldest are forgotten. */
const MAX_ADDRESSES = 10_000

export function createLoginLimiter({ failures = 5, windowMs = 60_000, now = Date.now }: LoginLimiterOptions = {}): LoginLimiter {
  const byAddress = new Map<string, number[]>()
  const recent = (address: string): number[] => (byAddress.get(address) ?? []).filter((time) => time > now() - windowMs)
  return {
    waitMs(address) {
      const times = recent(address)
      return times.length < failures ? 0 : Math.max(0, (times[times.length - failures] ?? 0) + windowMs - now())
    },
    failed(address) {
      const times = [...recent(address), now()].slice(-failures)
      byAddress.delete(address)
      byAddress.set(address, times)
      const oldest = byAddress.keys().next().value
      if (byAddress.size > MAX_ADDRESSES && oldest !== undefined) byAddress.delete(oldest)
    },
  }
}
