/** How long entries last. */
import type { CacheConfig } from '@spyglass/process/checked-config'
import type { Entry } from './entries.ts'
import type { SharedEntry } from './shared-store.ts'
import type { StoredValue } from './stored-value.ts'

/** By default as the cache is configured. */
export interface Lasting {
  /** How long it is fresh. */
  readonly ttlMs?: number | undefined
  /** How much longer it is given out while one load replaces it. */
  readonly staleMs?: number | undefined
  /** How much longer it is given out when its load fails. */
  readonly staleIfErrorMs?: number | undefined
  /** How long it is kept that there is no value. */
  readonly missingTtlMs?: number | undefined
}

type Configured = Pick<CacheConfig, 'ttlMs' | 'staleMs' | 'staleIfErrorMs' | 'missingTtlMs'>

/** A new entry, as all instances see it. */
export function sharedEntryOf(value: StoredValue, tags: readonly string[], given: Lasting, config: Configured): SharedEntry {
  const { ttlMs = config.ttlMs, staleMs = config.staleMs, staleIfErrorMs = config.staleIfErrorMs } = given
  if (value.isMissing) {
    const { missingTtlMs: forMs = config.missingTtlMs } = given
    return { value, tags, freshMs: forMs, staleMs: forMs, errorMs: forMs }
  }
  return { value, tags, freshMs: ttlMs, staleMs: ttlMs + staleMs, errorMs: ttlMs + Math.max(staleMs, staleIfErrorMs) }
}

/** The same in this instance. */
export const entryOf = ({ value, tags, freshMs, staleMs, errorMs }: SharedEntry, now: number): Entry => ({
  value,
  tags,
  freshUntil: now + freshMs,
  staleUntil: now + staleMs,
  errorUntil: now + errorMs,
  retryAt: 0,
})
