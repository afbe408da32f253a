/** Caches as a type of resource. */
import type { CacheConfig } from '@spyglass/process/checked-config'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { type Clock, systemClock } from '../clock/index.ts'
import { Cache } from './cache.ts'
import { Engine } from './engine.ts'
import { fail } from './errors.ts'
import type { Purge } from './flights.ts'
import { ToldPurges } from './told-purges.ts'
import { RedisStore } from './redis/redis-store.ts'

export const caches: ResourceType<CacheConfig, Cache> = {
  open: (config, around) => new CacheResource(config, around),
  unknown: (name, known) => fail('SPY_CACHE_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_CACHES_CLOSED', ['']),
}

type Around = Pick<ResourceSurroundings, 'applicationFolders' | 'clock' | 'logger'>

/** One of a program that no server hosts: it is in no registry and in no log. */
export const openAlone = (config: CacheConfig): Cache => openOf(() => config, { applicationFolders: [process.cwd()] }).face

class CacheResource implements Resource<CacheConfig, Cache> {
  readonly face: Cache
  readonly #engine: Engine
  readonly #told: ToldPurges
  readonly #hide: () => void
  #config: CacheConfig

  /** @throws SPY_CACHE_PACKAGE */
  constructor(config: CacheConfig, around: ResourceSurroundings) {
    this.#config = config
    const { engine, told, face } = openOf(() => this.#config, around)
    this.#engine = engine
    this.#told = told
    this.face = face
    this.#hide = show(this.#engine, around)
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  configure(config: CacheConfig): void {
    this.#config = config
    this.#engine.configure()
  }

  carryOut(operation: string, given: Readonly<Record<string, unknown>>): unknown {
    if (operation === 'purge') return this.#engine.purge(purgeOf(this.#config.name, given))
    throw fail('SPY_CACHE_OPERATION', [this.#config.name, operation])
  }

  close(): Promise<void> {
    this.#engine.close()
    this.#told.stop()
    this.#hide()
    return Promise.resolve()
  }
}

/** @throws SPY_CACHE_PURGE_WHAT */
function purgeOf(name: string, { key, tag, all }: Readonly<Record<string, unknown>>): Purge {
  const purges: Purge[] = [
    ...(typeof key === 'string' ? [{ keys: [key] }] : []),
    ...(typeof tag === 'string' ? [{ tags: [tag] }] : []),
    ...(all === true ? [{ all: true as const }] : []),
  ]
  const [purge] = purges
  if (!purge || purges.length > 1) throw fail('SPY_CACHE_PURGE_WHAT', [name])
  return purge
}

interface Opened {
  readonly engine: Engine
  readonly told: ToldPurges
  readonly face: Cache
}

function openOf(config: () => CacheConfig, around: Partial<Around>): Opened {
  const { clock = systemClock, logger } = around
  const told = new ToldPurges({
    config,
    clock,
    onFailure: (err) => {
      engine.figures.purgeFailures++
      logger?.warn({ cache: config().name, err }, 'a purge of a cache was not taken')
    },
  })
  const engine = engineOf(config, { ...around, clock, onPurge: (purge) => told.add(purge) })
  return { engine, told, face: new Cache(engine, told) }
}

interface EngineAround extends Partial<Around> {
  readonly clock: Clock
  readonly onPurge: (purge: Purge) => void
}

function engineOf(config: () => CacheConfig, { applicationFolders: folders = [], clock, logger, onPurge }: EngineAround): Engine {
  const { name, store } = config()
  const forget = (purge: Purge): void => {
    engine.figures.purges++
    engine.forget(purge)
  }
  const shared =
    store === 'redis' ? new RedisStore({ config, folders, clock, onPurge: forget, onGap: () => engine.forgetUnheard() }) : undefined
  const engine = new Engine(config, {
    clock,
    shared,
    onPurge,
    onStore: (error) => {
      if (error) logger?.error({ cache: name, err: error }, 'the store of a cache fails')
      else logger?.info({ cache: name }, 'the store of a cache answers again')
    },
    onRefreshFailure: (key, err) => logger?.warn({ cache: name, key, err }, 'a value of a cache was not refreshed'),
  })
  return engine
}

function show(engine: Engine, { registry, instance }: ResourceSurroundings): () => void {
  const { name } = engine.config
  const { figures, entries, refreshings } = engine
  return registry.register(
    kinds.cache,
    { instance, name },
    {
      instance: () => instance,
      name: () => name,
      state: () => (figures.isStoreDown ? 'down' : 'ok'),
      hits: () => figures.hits,
      misses: () => figures.misses,
      hitRatio: () => figures.hitRatio,
      entries: () => entries.size + refreshings.size,
      bytes: () => entries.bytes + refreshings.bytes,
      maxBytes: () => engine.config.maxBytes,
      loads: () => figures.loads,
      loadFailures: () => figures.loadFailures,
      staleServed: () => figures.staleServed,
      evictions: () => entries.evictions,
      tooLarge: () => figures.tooLarge,
      purges: () => figures.purges,
      storeFailures: () => figures.storeFailures,
      purgeFailures: () => figures.purgeFailures,
    },
  )
}
