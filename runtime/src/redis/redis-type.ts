/** Redis servers as a type of resource. */
import type { RedisServerConfig } from '@spyglass/process/checked-config'
import { kinds } from '@spyglass/mbeans/kinds'
import { systemClock } from '../clock/index.ts'
import { outgoingGetters } from '../outgoing/index.ts'
import { passwordFrom } from '../password/index.ts'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { fail } from './errors.ts'
import { type RedisBase, redisPackage } from './redis-package.ts'
import { RedisServer, targetOf } from './redis-server.ts'

declare global {
  /** Redis servers by their names, for the type of their client: `interface SpyglassRedisServers { main: Redis }`. */
  interface SpyglassRedisServers {}
}

/** What an application gets by that name. */
export type RedisNamed<N extends string> = N extends keyof SpyglassRedisServers ? SpyglassRedisServers[N] : RedisBase

export const redisType: ResourceType<RedisServerConfig, RedisBase> = {
  open: (config, around) => new RedisResource(config, around),
  unknown: (name, known) => fail('SPY_REDIS_UNKNOWN', [name, known.join(', ') || 'none']),
  closed: () => fail('SPY_REDIS_CLOSED'),
}

class RedisResource implements Resource<RedisServerConfig, RedisBase> {
  readonly face: RedisBase
  readonly #server: RedisServer
  readonly #hide: () => void

  /** @throws SPY_REDIS_PACKAGE */
  constructor(config: RedisServerConfig, { registry, instance, clock = systemClock, applicationFolders = [] }: ResourceSurroundings) {
    const { name } = config
    const missing = (folders: string, reason: string): Error => fail('SPY_REDIS_PACKAGE', [name, folders, reason])
    const server = new RedisServer(config, { clock, package: redisPackage(applicationFolders, missing), passwordOf })
    this.#server = server
    this.face = server.client
    this.#hide = registry.register(
      kinds.redisServer,
      { instance, name },
      outgoingGetters({ instance, name, figures: server.figures, target: () => targetOf(server.config.url), load: () => server.load }),
    )
  }

  async start(): Promise<void> {} // it connects with the first command

  configure(config: RedisServerConfig): void {
    this.#server.configure(config)
  }

  async close(deadlineMs: number): Promise<void> {
    await this.#server.close(deadlineMs)
    this.#hide()
  }
}

/** @throws SPY_REDIS_PASSWORD */
const passwordOf = (config: RedisServerConfig): string | undefined =>
  passwordFrom(config, (place, reason, cause) => fail('SPY_REDIS_PASSWORD', [config.name, place, reason], cause))
