/** What an application gets of a cache. */
import type { Engine } from './engine.ts'
import { fail } from './errors.ts'
import { checkedKey } from './key-checks.ts'
import type { Lasting } from './lasting.ts'
import type { Load } from './load-in-time.ts'
import { PageCache, type PageOptions } from './page/page-cache.ts'
import type { PurgeListener, ToldPurges } from './told-purges.ts'

export interface SetOptions extends Lasting {
  readonly tags?: readonly string[]
}

export interface LoadOptions<T> extends Lasting {
  /** Tags of the entry, or what tells them from the value. */
  readonly tags?: readonly string[] | ((value: NonNullable<T>) => readonly string[])
  /** How long the load may take. */
  readonly timeoutMs?: number
}

/** A value that a timer refreshes. */
export interface Refreshed<T> {
  /** The value as it is now. Waits for the first one. @throws what its load has thrown, as long as there is no value */
  get(): Promise<T>
  /** It is refreshed no more, and forgotten. */
  stop(): void
}

const MIN_REFRESH_MS = 10
const MAX_REFRESH_MS = 86_400_000

export class Cache<T = unknown> {
  readonly #engine: Engine
  readonly #told: ToldPurges

  constructor(engine: Engine, told: ToldPurges) {
    this.#engine = engine
    this.#told = told
  }

  /**
   * The value of the key, or undefined. What is read is a copy, as structuredClone makes them.
   * @throws SPY_CACHE_KEY; SPY_CACHE_STORE with `whenDown: closed`
   */
  async get<V = T>(key: string): Promise<V | undefined> {
    const refreshing = this.#engine.refreshings.get(key)
    return (refreshing ? await this.#refreshed(() => refreshing.read()) : await this.#engine.get(key)) as V | undefined
  }

  /**
   * The value of the key; if there is none, what `load` gives, which is called once for all who ask meanwhile. `undefined` and `null` say that there is no such
   * thing, which is kept for `missingTtlMs`.
   * @throws what `load` throws, which is not kept; SPY_CACHE_KEY, SPY_CACHE_VALUE, SPY_CACHE_TAGS, SPY_CACHE_LOAD_LATE; SPY_CACHE_STORE with `whenDown: closed`
   *
   * @example
   * const product = await cache('products').load(`product:${id}`, () => find(id), { tags: ['products'] })
   */
  async load<V = T>(key: string, load: Load<V>, options: LoadOptions<V> = {}): Promise<V> {
    const refreshing = this.#engine.refreshings.get(key)
    if (refreshing) return (await this.#refreshed(() => refreshing.read())) as V
    return (await this.#engine.load(key, load, options)) as V
  }

  /**
   * Stores a value, here and in the Redis; other instances forget what they have.
   * @throws SPY_CACHE_KEY, SPY_CACHE_VALUE, SPY_CACHE_TAGS, SPY_CACHE_TOO_LARGE; SPY_CACHE_STORE with `whenDown: closed`
   */
  async set(key: string, value: T, options: SetOptions = {}): Promise<void> {
    await this.#engine.set(key, value, options)
  }

  /** Forgets the key: call it when what it was loaded from has changed. Returns how many entries this instance had. @throws SPY_CACHE_STORE with `whenDown: closed` */
  async purge(key: string): Promise<number> {
    return await this.#engine.purge({ keys: [checkedKey(this.#engine.config.name, key)] })
  }

  /** The same for all entries of a tag. */
  async purgeTag(tag: string): Promise<number> {
    return await this.#engine.purge({ tags: [checkedKey(this.#engine.config.name, tag)] })
  }

  /** The same for all entries. */
  async purgeAll(): Promise<number> {
    return await this.#engine.purge({ all: true })
  }

  /**
   * Loads a value now and every `everyMs` milliseconds, in one of the instances that share a Redis, else in each. A reader (`get`) waits for the first
   * one only. Where a refresh fails the value stays as it is.
   * @throws SPY_CACHE_KEY, SPY_CACHE_SETTING, SPY_CACHE_REFRESHED, SPY_CACHES_CLOSED
   *
   * @example
   * const stock = cache('shop').refreshEvery('stock', 500, () => readStock())
   * const now = await stock.get()
   */
  refreshEvery<V = T>(key: string, everyMs: number, load: Load<V>): Refreshed<V> {
    const { name } = this.#engine.config
    const isPeriod = Number.isFinite(everyMs) && everyMs >= MIN_REFRESH_MS && everyMs <= MAX_REFRESH_MS
    if (!isPeriod)
      throw fail('SPY_CACHE_SETTING', [name, 'the period of refreshEvery', everyMs, `${MIN_REFRESH_MS} to ${MAX_REFRESH_MS} ms`])
    const refreshing = this.#engine.refreshings.add(checkedKey(name, key), everyMs, load)
    return {
      get: async () => (await this.#refreshed(() => refreshing.read())) as V,
      stop: () => this.#engine.refreshings.remove(key),
    }
  }

  /**
   * Keeps whole answers, in the memory of this instance: `.express` and `.koa` are middleware, `.fastify` is a plugin.
   * @throws SPY_CACHE_SETTING
   *
   * @example
   * app.use('/products', cache('pages').page({ ttlMs: 5000 }).express)
   */
  page<Request = unknown>(options: PageOptions<Request> = {}): PageCache<Request> {
    return new PageCache(this.#engine, options)
  }

  /** Called with what is purged here of pages, to tell a CDN. What it throws is logged, and it is called again. There is one for each cache of a process. */
  onPurge(listener: PurgeListener): void {
    this.#told.listener = listener
  }

  async #refreshed(read: () => Promise<unknown>): Promise<unknown> {
    try {
      const value = await read()
      this.#engine.figures.hit()
      return value
    } catch (error) {
      this.#engine.figures.miss()
      throw error
    }
  }
}
