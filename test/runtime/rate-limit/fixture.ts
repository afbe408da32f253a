/** A rate limit with a clock that tests move. */
import type { RateLimitConfig } from '@spyglass/process/checked-config'
import { RateLimit } from '../../../runtime/src/rate-limit/rate-limit.ts'
import { ManualClock } from '../datasource/fixture.ts'
import { ROOT } from '../../support/sources.ts'

export const rateLimitSettings: RateLimitConfig = {
  name: 'api',
  by: 'address',
  max: 2,
  windowMs: 1000,
  paths: ['/'],
  store: 'memory',
  timeoutMs: 500,
  whenDown: 'open',
  maxKeys: 1000,
  deny: [],
  exempt: [],
}

export function openLimit(settings: Partial<RateLimitConfig> = {}) {
  const clock = new ManualClock()
  const store: (string | undefined)[] = []
  const failed: unknown[] = []
  const limit = new RateLimit(
    { ...rateLimitSettings, ...settings },
    {
      folders: [ROOT],
      onStore: (error) => void store.push(error?.message),
      onChallengeError: (error) => void failed.push(error),
      ...(settings.store === 'redis' ? {} : { clock }),
    },
  )
  return { limit, clock, store, failed, [Symbol.dispose]: () => limit.close() }
}
