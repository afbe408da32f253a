/** The values of a cache that timers refresh. With a Redis one instance loads each, and the others take it from there. */
import type { CacheConfig } from '@spyglass/process/checked-config'
import type { Clock } from '../clock/index.ts'
import { fail } from './errors.ts'
import type { Purge } from './flights.ts'
import type { Load } from './load-in-time.ts'
import { Refreshing, type RefreshingOptions } from './refreshing.ts'
import type { SharedStore } from './shared-store.ts'
import type { StoredValue } from './stored-value.ts'

/** The cache that they are in. */
export interface RefreshSource {
  readonly config: CacheConfig
  readonly clock: Clock
  readonly shared: SharedStore | undefined
  /** Asks the store; undefined when it fails and `whenDown` is open. */
  asked<T>(question: () => Promise<T>): Promise<T | undefined>
  loaded<T>(key: string, load: Load<T>): Promise<T>
  stored(key: string, value: unknown): StoredValue
  refreshFailed(key: string, error: unknown): void
}

const MAX_REFRESHED = 1000
/** An instance that has loaded a value may be late by this share of the period before another one loads it. */
const FRESH_SHARE = 0.9
/** How long a value stays in the Redis, where its refreshes fail. */
const MIN_KEPT_MS = 60_000
const KEPT_PERIODS = 10

export class Refreshings {
  readonly #source: RefreshSource
  readonly #all = new Map<string, Refreshing>()
  #isStopped = false

  constructor(source: RefreshSource) {
    this.#source = source
  }

  get size(): number {
    return this.#all.size
  }

  get bytes(): number {
    let sum = 0
    for (const { size } of this.#all.values()) sum += size
    return sum
  }

  get(key: string): Refreshing | undefined {
    return this.#all.get(key)
  }

  /** The one of the key; from now on with this load and period. @throws SPY_CACHE_REFRESHED, SPY_CACHES_CLOSED */
  add<T>(key: string, everyMs: number, load: Load<T>): Refreshing {
    const { name } = this.#source.config
    if (this.#isStopped) throw fail('SPY_CACHES_CLOSED', [name])
    const options: RefreshingOptions = {
      refresh: () => this.#refresh(key, everyMs, load),
      everyMs,
      clock: this.#source.clock,
      onFailure: (error) => this.#source.refreshFailed(key, error),
    }
    const known = this.#all.get(key)
    known?.change(options)
    if (known) return known
    if (this.#all.size >= MAX_REFRESHED) throw fail('SPY_CACHE_REFRESHED', [name, MAX_REFRESHED])
    const made = new Refreshing(options)
    this.#all.set(key, made)
    return made
  }

  remove(key: string): void {
    this.#all.get(key)?.stop(fail('SPY_CACHES_CLOSED', [this.#source.config.name]))
    this.#all.delete(key)
  }

  /** They have no tags. */
  purge({ keys = [], all }: Purge): void {
    for (const [key, refreshing] of this.#all) if (all || keys.includes(key)) refreshing.purge()
  }

  stop(): void {
    this.#isStopped = true
    for (const key of this.#all.keys()) this.remove(key)
  }

  async #refresh<T>(key: string, everyMs: number, load: Load<T>): Promise<StoredValue | undefined> {
    const { shared, config } = this.#source
    if (!shared) return await this.#load(key, load)
    const leaseMs = config.loadTimeoutMs + config.timeoutMs
    const claim = await this.#source.asked(() => shared.claim(key, everyMs * FRESH_SHARE, leaseMs))
    if (claim && !claim.isMine) return claim.entry?.value
    try {
      const value = await this.#load(key, load)
      if (claim) await this.#source.asked(() => shared.write(key, lastingFor(value, everyMs), claim.at))
      return value
    } finally {
      if (claim) void this.#source.asked(() => shared.release(key)).catch(() => {}) // it ends by itself
    }
  }

  async #load<T>(key: string, load: Load<T>): Promise<StoredValue> {
    return this.#source.stored(key, await this.#source.loaded(key, load))
  }
}

function lastingFor(value: StoredValue, everyMs: number) {
  const keptMs = Math.max(MIN_KEPT_MS, everyMs * KEPT_PERIODS)
  return { value, tags: [], freshMs: everyMs, staleMs: keptMs, errorMs: keptMs }
}
