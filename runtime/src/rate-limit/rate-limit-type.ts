/** Rate limits as a type of resource. */
import type { RateLimitConfig } from '@spyglass/process/checked-config'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { fail } from './errors.ts'
import { RateLimit } from './rate-limit.ts'

const DEFAULT_TOP = 20

export const rateLimits: ResourceType<RateLimitConfig, RateLimit> = {
  open: (config, around) => new RateLimitResource(config, around),
  unknown: (name, known) => fail('SPY_RATE_LIMIT_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_RATE_LIMITS_CLOSED'),
}

class RateLimitResource implements Resource<RateLimitConfig, RateLimit> {
  readonly face: RateLimit
  readonly #hide: () => void

  constructor(config: RateLimitConfig, around: ResourceSurroundings) {
    const { applicationFolders: folders = [], clock, logger } = around
    this.face = new RateLimit(config, {
      folders,
      ...(clock ? { clock } : {}),
      onChallengeError: (err) => logger.error({ rateLimit: config.name, err }, 'the challenge of a rate limit failed'),
      onStore: (error) => {
        if (error) logger.error({ rateLimit: config.name, err: error }, 'the store of a rate limit fails')
        else logger.info({ rateLimit: config.name }, 'the store of a rate limit answers again')
      },
    })
    this.#hide = show(this.face, around)
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  configure(config: RateLimitConfig): void {
    this.face.configure(config)
  }

  carryOut(operation: string, { count, key }: Readonly<Record<string, unknown>>): unknown {
    if (operation === 'top') return this.face.top(Number(count ?? DEFAULT_TOP))
    if (operation === 'forget') return this.face.forget(String(key))
    throw fail('SPY_RATE_LIMIT_OPERATION', [this.face.config.name, operation])
  }

  close(): Promise<void> {
    this.face.close()
    this.#hide()
    return Promise.resolve()
  }
}

function show(limit: RateLimit, { registry, instance }: ResourceSurroundings): () => void {
  const { name } = limit.config
  return registry.register(
    kinds.rateLimit,
    { instance, name },
    {
      instance: () => instance,
      name: () => name,
      by: () => limit.config.by,
      max: () => limit.config.max,
      state: () => (limit.isStoreDown ? 'down' : 'ok'),
      allowed: () => limit.allowed,
      refused: () => limit.refused,
      denied: () => limit.denied,
      keys: () => limit.keys,
      storeFailures: () => limit.storeFailures,
    },
  )
}
