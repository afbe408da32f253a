/** A client of ioredis whose commands pass through us, with all that applications and libraries expect of one. */
import type { Command, RedisBase, RedisPackage } from './redis-package.ts'

export interface CommandHooks {
  /** `isPart`: of a pipeline, whose commands are written together. */
  send(command: Command, isPart: boolean, send: () => Promise<unknown>): Promise<unknown>
  duplicated(client: RedisBase): RedisBase
}

/** What the client says by itself when it has connected. */
const GREETINGS: ReadonlySet<string> = new Set(['hello', 'auth', 'client', 'select', 'info', 'readonly'])

export function servedClient(ioredis: RedisPackage, options: object, hooks: CommandHooks): RedisBase {
  const seen = new WeakSet<Command>()
  class ServedRedis extends ioredis.Redis {
    override sendCommand(command: Command, stream?: object): Promise<unknown> {
      const isGreeting = this.status === 'connect' && GREETINGS.has(command.name)
      if (isGreeting || seen.has(command)) return super.sendCommand(command, stream) // it waited for a connection
      seen.add(command)
      return hooks.send(command, stream !== undefined, () => super.sendCommand(command, stream))
    }

    /** One of its own, for what waits (BLPOP) or listens (SUBSCRIBE): it has no time limit. */
    override duplicate(override: object = {}): RedisBase {
      return hooks.duplicated(new ioredis.Redis({ ...this.options, commandTimeout: undefined, socketTimeout: undefined, ...override }))
    }
  }
  return new ServedRedis(options)
}
