/** Sessions as a type of resource. */
import { kinds } from '@spyglass/mbeans/kinds'
import type { SessionConfig } from '@spyglass/process/checked-config'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { fail } from './errors.ts'
import { RedisStore } from './redis/redis-store.ts'
import { ServerStore } from './server-store/server-store.ts'
import { SessionCache } from './session-cache.ts'
import { SessionFigures } from './session-figures.ts'
import type { SessionStore, StoreObserver } from './session-store.ts'
import { Sessions } from './sessions.ts'

export const sessionType: ResourceType<SessionConfig, Sessions> = {
  open: (config, around) => new SessionResource(config, around),
  unknown: (name, known) => fail('SPY_SESSION_NAME_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_SESSIONS_CLOSED'),
}

class SessionResource implements Resource<SessionConfig, Sessions> {
  readonly face: Sessions
  readonly #store: SessionStore
  readonly #hide: () => void
  readonly #keys: () => readonly string[]
  #config: SessionConfig

  /** @throws SPY_SESSION_KEY_MISSING, SPY_SESSION_PACKAGE */
  constructor(config: SessionConfig, around: ResourceSurroundings) {
    this.#config = config
    this.#keys = keysOf(() => this.#config, around.sessions?.secrets[config.name]?.key)
    this.#keys()
    const figures = new SessionFigures()
    const cache = new SessionCache(config.cacheEntries)
    const present = (): SessionConfig => this.#config
    const observer: StoreObserver = {
      lent: (id, lent) => cache.set(id, lent),
      dropped: (id) => (id === undefined ? cache.clear() : cache.drop(id)),
    }
    this.#store = storeOf(present, observer, around)
    this.face = new Sessions({
      config: present,
      store: this.#store,
      figures,
      cache,
      keys: this.#keys,
      now: Date.now,
      extended: (id, until) => cache.extend(id, until),
      lost: (error) => around.logger.error({ err: error, sessions: config.name }, 'a session was not stored'),
    })
    const { registry, instance } = around
    this.#hide = registry.register(
      kinds.session,
      { instance, name: config.name },
      gettersOf(instance, present, { figures, store: this.#store }),
    )
  }

  async start(): Promise<void> {} // its store is connected to already; what cannot be reached is reported when it is used

  configure(config: SessionConfig): void {
    this.#config = config
    this.#store.configure()
  }

  async close(): Promise<void> {
    this.#store.close()
    this.#hide()
  }
}

function storeOf(config: () => SessionConfig, observer: StoreObserver, around: ResourceSurroundings): SessionStore {
  const { name, store } = config()
  if (store === 'redis') return new RedisStore({ config, observer, folders: around.applicationFolders ?? [] })
  const { socket = '', secrets = {} } = around.sessions ?? {}
  return new ServerStore({ path: socket, token: secrets[name]?.token ?? '', config, observer })
}

/** The first signs. The key that is derived from the secrets of the server stands before the first own one, which thus signs nobody out. */
function keysOf(config: () => SessionConfig, derived: string | undefined): () => readonly string[] {
  return () => {
    const { name, signingKey = derived, previousSigningKey } = config()
    if (signingKey === undefined) throw fail('SPY_SESSION_KEY_MISSING', [name])
    const before = previousSigningKey ?? derived
    return before === undefined || before === signingKey ? [signingKey] : [signingKey, before]
  }
}

interface Counted {
  readonly figures: SessionFigures
  readonly store: SessionStore
}

function gettersOf(instance: string, config: () => SessionConfig, { figures, store }: Counted) {
  return {
    instance: () => instance,
    name: () => config().name,
    state: () => (figures.isDown ? 'down' : 'ok'),
    store: () => config().store,
    active: () => store.figures().active,
    maxSessions: () => undefined,
    size: () => undefined,
    created: () => figures.created,
    ended: () => figures.ended,
    expired: () => store.figures().expired,
    rejectedForged: () => figures.rejected.forged,
    rejectedOversized: () => figures.rejected.oversized,
    rejectedUnknown: () => figures.rejected.unknown,
    refused: () => figures.refused,
    conflicts: () => figures.conflicts,
    failures: () => figures.failures,
    cacheHits: () => figures.cacheHits,
    cacheMisses: () => figures.cacheMisses,
    damagedLines: () => undefined,
    lastError: () => figures.lastError,
  }
}
