/**
 * How a cache works: entries in memory, a Redis behind them if there is one, and loads for what neither has. Read flights.ts for what a purge does to loads under
 * way, and stored-value.ts for what readers get.
 */
import type { CacheConfig } from '@spyglass/process/checked-config'
import { type Clock, systemClock } from '../clock/index.ts'
import { CacheFigures } from './cache-figures.ts'
import { bytesOf, Entries } from './entries.ts'
import { fail } from './errors.ts'
import { type Flight, Flights, type Purge } from './flights.ts'
import { checkedKey, checkedTags } from './key-checks.ts'
import { entryOf, type Lasting, sharedEntryOf } from './lasting.ts'
import { inBackground, type Load, loadInTime } from './load-in-time.ts'
import { Refreshings } from './refreshings.ts'
import type { SharedEntry, SharedRead, SharedStore } from './shared-store.ts'
import { storedOf, type StoredValue } from './stored-value.ts'
import { messageOf } from '@spyglass/agent/contract'

export interface EngineOptions {
  readonly clock?: Clock | undefined
  readonly shared?: SharedStore | undefined
  /** Its store began to fail, or answers again. */
  readonly onStore?: (error: Error | undefined) => void
  /** A value that a timer refreshes was not refreshed, and nobody sees that. */
  readonly onRefreshFailure?: (key: string, error: unknown) => void
  /** Called when something was purged here, not when another instance did. */
  readonly onPurge?: (purge: Purge) => void
}

export interface LoadSettings extends Lasting {
  readonly tags?: readonly string[] | ((value: never) => readonly string[]) | undefined
  readonly timeoutMs?: number | undefined
  /** How it is kept. Default: so that each reader has its own copy. */
  readonly store?: (value: never) => StoredValue
  /** How long it lasts, where only the value tells. */
  readonly lastingOf?: (value: never) => Lasting
  /** It is for this instance alone. */
  readonly isLocal?: true
}

interface Landed {
  readonly value: StoredValue
  readonly from: 'load' | 'store' | 'stale'
}

/** A load that failed while a stale entry is given out is not repeated sooner. */
const RETRY_MS = 1000

/** What a load throws that has nothing to store, which is no failure. */
export class NothingToStore extends Error {}

export class Engine {
  readonly figures: CacheFigures
  readonly entries: Entries
  readonly refreshings: Refreshings
  readonly clock: Clock
  readonly #config: () => CacheConfig
  readonly #options: EngineOptions
  readonly #loads = new Flights<Landed>()
  readonly #reads = new Flights<StoredValue | undefined>()
  readonly #sets = new Flights<void>()

  constructor(config: () => CacheConfig, options: EngineOptions = {}) {
    this.#config = config
    this.#options = options
    this.clock = options.clock ?? systemClock
    this.figures = new CacheFigures(this.clock)
    this.entries = new Entries(config().maxBytes)
    this.refreshings = new Refreshings(this)
  }

  get config(): CacheConfig {
    return this.#config()
  }

  configure(): void {
    this.entries.maxBytes = this.config.maxBytes
  }

  /** What is fresh. @throws SPY_CACHE_KEY, SPY_CACHE_STORE */
  async get(key: string): Promise<unknown> {
    const entry = this.entries.get(checkedKey(this.config.name, key))
    const isFresh = entry && this.clock.now() < entry.freshUntil
    const found = isFresh ? entry.value : this.shared && (await this.#reads.join(key, undefined, (flight) => this.#read(key, flight)))
    if (found) this.figures.hit()
    else this.figures.miss()
    return found?.read()
  }

  /** @throws SPY_CACHE_…, and what the load throws */
  async load<T>(key: string, load: Load<T>, settings: LoadSettings): Promise<unknown> {
    const entry = this.entries.get(checkedKey(this.config.name, key))
    const now = this.clock.now()
    const isGiven = entry && (now < entry.staleUntil || (now < entry.errorUntil && now < entry.retryAt))
    if (!isGiven) return await this.#waited(key, load, settings)
    this.figures.hit()
    if (now >= entry.freshUntil) {
      this.figures.staleServed++
      if (now >= entry.retryAt) inBackground(() => this.#flight(key, load, settings))
    }
    return entry.value.read()
  }

  /** @throws SPY_CACHE_…, also when other instances cannot be told and are not to be told later */
  async set(
    key: string,
    value: unknown,
    { tags = [], ...lasting }: Lasting & { readonly tags?: readonly string[] | undefined },
  ): Promise<void> {
    const { name, maxEntryBytes } = this.config
    const entry = this.#entry(checkedKey(name, key), value, { ...lasting, tags })
    const size = bytesOf(key, entry)
    if (size > maxEntryBytes) throw fail('SPY_CACHE_TOO_LARGE', [name, key, size, maxEntryBytes])
    this.forget({ keys: [key] })
    await this.#sets.join(key, entry.tags, (flight) => this.#put(key, entry, flight))
  }

  async #put(key: string, entry: SharedEntry, flight: Flight<void>): Promise<void> {
    if (this.shared) await this.asked(() => this.shared!.put(key, entry))
    const { isOutdated } = flight
    this.forget({ keys: [key] }) // what was read meanwhile may be what was there before
    if (!isOutdated) this.#keep(key, entry)
  }

  /** Here and in all instances that can be told. Returns how many there were here. @throws SPY_CACHE_STORE with `whenDown: closed` */
  async purge(purge: Purge): Promise<number> {
    this.figures.purges++
    const gone = this.forget(purge)
    try {
      if (this.shared) await this.asked(() => this.shared!.purge(purge))
    } finally {
      if (this.shared) this.forget(purge) // what was read from there meanwhile
      this.#options.onPurge?.(purge)
    }
    return gone
  }

  /** Here alone. Returns how many there were. */
  forget(purge: Purge): number {
    this.#loads.detach(purge)
    this.#reads.detach(purge)
    this.#sets.detach(purge)
    this.refreshings.purge(purge)
    if (purge.all) return this.entries.clear()
    const { keys = [], tags = [] } = purge
    return keys.filter((key) => this.entries.delete(key)).length + tags.reduce((sum, tag) => sum + this.entries.deleteTag(tag), 0)
  }

  /** Anything may have been purged that was not heard of. Values that are refreshed come right by themselves. */
  forgetUnheard(): void {
    this.#loads.detach({ all: true })
    this.#reads.detach({ all: true })
    this.#sets.detach({ all: true })
    this.entries.clear()
  }

  get shared(): SharedStore | undefined {
    return this.#options.shared
  }

  refreshFailed(key: string, error: unknown): void {
    this.#options.onRefreshFailure?.(key, error)
  }

  close(): void {
    this.refreshings.stop()
    this.shared?.close()
    this.entries.clear()
  }

  /** Asks the store; undefined when it fails and `whenDown` is open. @throws SPY_CACHE_STORE when it is closed */
  async asked<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await question()
      this.#storeAnswers(undefined)
      return answer
    } catch (error) {
      this.figures.storeFailures++
      this.#storeAnswers(error as Error)
      if (this.config.whenDown === 'open') return undefined
      throw fail('SPY_CACHE_STORE', [this.config.name, messageOf(error)], error)
    }
  }

  /** @throws SPY_CACHE_LOAD_LATE, and what the load throws */
  async loaded<T>(key: string, load: Load<T>, timeoutMs = this.config.loadTimeoutMs): Promise<T> {
    const late = (): Error => fail('SPY_CACHE_LOAD_LATE', [this.config.name, key, timeoutMs])
    this.figures.loads++
    try {
      return await loadInTime(load, { timeoutMs, late }, this.clock)
    } catch (error) {
      if (!(error instanceof NothingToStore)) this.figures.loadFailures++
      throw error
    }
  }

  /** @throws SPY_CACHE_VALUE */
  stored(key: string, value: unknown): StoredValue {
    try {
      return storedOf(value)
    } catch (error) {
      throw fail('SPY_CACHE_VALUE', [this.config.name, key, messageOf(error)], error)
    }
  }

  async #waited<T>(key: string, load: Load<T>, settings: LoadSettings): Promise<unknown> {
    const { value, from } = await this.#flight(key, load, settings).catch((error: unknown) => {
      this.figures.miss()
      throw error
    })
    if (from === 'load') this.figures.miss()
    else this.figures.hit()
    if (from === 'stale') this.figures.staleServed++
    return value.read()
  }

  async #flight<T>(key: string, load: Load<T>, settings: LoadSettings): Promise<Landed> {
    const { tags = [] } = settings
    const known = typeof tags === 'function' ? undefined : checkedTags(this.config.name, key, tags)
    return await this.#loads.join(key, known, (flight) => this.#bring(key, load, settings, flight))
  }

  async #bring<T>(key: string, load: Load<T>, settings: LoadSettings, flight: Flight<Landed>): Promise<Landed> {
    try {
      const read = this.shared && !settings.isLocal ? await this.#readShared(key, flight) : undefined
      if (read?.entry && read.entry.freshMs > 0) return { value: read.entry.value, from: 'store' }
      const entry = this.#entry(key, await this.loaded(key, load, settings.timeoutMs), settings)
      if (!flight.isOutdated && this.#keep(key, entry) && read)
        inBackground(() => this.asked(() => this.shared!.write(key, entry, read.at)))
      return { value: entry.value, from: 'load' }
    } catch (error) {
      const old = flight.isOutdated ? undefined : this.entries.get(key)
      if (!old || this.clock.now() >= old.errorUntil || error instanceof NothingToStore) throw error
      old.retryAt = this.clock.now() + RETRY_MS
      return { value: old.value, from: 'stale' }
    }
  }

  #entry(key: string, value: unknown, { tags = [], store, lastingOf, ...given }: LoadSettings): SharedEntry {
    const { config } = this
    const stored = store ? store(value as never) : this.stored(key, value)
    const all = typeof tags === 'function' ? (stored.isMissing ? [] : tags(value as never)) : tags
    const lasting = lastingOf ? lastingOf(value as never) : given
    return sharedEntryOf(stored, checkedTags(config.name, key, all), lasting, config)
  }

  /** Whether it was kept. */
  #keep(key: string, entry: SharedEntry): boolean {
    const isSmall = bytesOf(key, entry) <= this.config.maxEntryBytes
    const isKept = isSmall && entry.errorMs > 0 && this.entries.set(key, entryOf(entry, this.clock.now()))
    if (!isKept) this.entries.delete(key)
    if (!isKept && entry.errorMs > 0) this.figures.tooLarge++
    return isKept
  }

  async #read(key: string, flight: Flight<unknown>): Promise<StoredValue | undefined> {
    const { entry } = (await this.#readShared(key, flight)) ?? {}
    return entry && entry.freshMs > 0 ? entry.value : undefined
  }

  async #readShared(key: string, flight: Flight<unknown>): Promise<SharedRead | undefined> {
    const read = await this.asked(() => this.shared!.read(key))
    if (read?.entry && !flight.isOutdated) this.#keep(key, read.entry)
    return read
  }

  #storeAnswers(error: Error | undefined): void {
    if (this.figures.isStoreDown === (error !== undefined)) return
    this.figures.isStoreDown = error !== undefined
    this.#options.onStore?.(error)
  }
}
