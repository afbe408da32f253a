/** The same sliding window in a Redis or Valkey, which all servers of a cluster count in. Its clock is the only one. */
import { messageOf } from '@spyglass/agent/contract'
import type { Clock } from '../clock/index.ts'
import { Patience } from '../patience/index.ts'
import { connectRedis, type RedisConnection } from '../redis/index.ts'
import { fail } from './errors.ts'
import { type Limit, CELLS, type Taken } from './sliding-window.ts'

export interface RedisSettings {
  readonly name: string
  readonly url: string
  readonly password?: string | undefined
  readonly timeoutMs: number
}

/** What is used of ioredis. */
interface RedisClient extends RedisConnection {
  del(key: string): Promise<number>
  spyglassTake(key: string, max: number, windowMs: number): Promise<readonly number[]>
}

/** KEYS: the hash of counts by cell. ARGV: max, window. Gives whether it is allowed, how many remain, and when more do. */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local max, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local cellMs = window / ${CELLS}
local cell = math.floor(now / cellMs)
local sum, live, all = 0, {}, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at, count = tonumber(all[i]), tonumber(all[i + 1])
  if at < cell - ${CELLS} or at > cell then redis.call('HDEL', KEYS[1], all[i])
  else
    sum = sum + count
    live[#live + 1] = {at, count}
  end
end
local allowed = sum < max
if allowed then
  sum = sum + 1
  redis.call('HINCRBY', KEYS[1], string.format('%d', cell), 1)
  redis.call('PEXPIRE', KEYS[1], math.ceil(window + cellMs))
  live[#live + 1] = {cell, 1}
end
table.sort(live, function(a, b) return a[1] < b[1] end)
local left, below, inMs = sum, allowed and sum or max, 0
for _, one in ipairs(live) do
  left = left - one[2]
  if left < below then
    inMs = (one[1] + ${CELLS} + 1) * cellMs - now
    break
  end
end
return {allowed and 1 or 0, math.max(0, max - sum), math.ceil(inMs)}`

export class RedisWindow {
  readonly #settings: () => RedisSettings
  readonly #client: RedisClient
  readonly #patience: Patience

  /** `folders`: of the applications, which bring the package. @throws SPY_RATE_LIMIT_PACKAGE */
  constructor(settings: () => RedisSettings, folders: readonly string[], clock?: Clock) {
    this.#settings = settings
    this.#patience = new Patience(clock)
    this.#client = clientOf(settings(), folders)
  }

  /** @throws SPY_RATE_LIMIT_STORE, in time */
  async take(key: string, { max, windowMs }: Limit): Promise<Taken> {
    const [isAllowed, remaining = 0, inMs = 0] = await this.#within(() => this.#client.spyglassTake(this.#keyOf(key), max, windowMs))
    return { isAllowed: isAllowed === 1, remaining, inMs }
  }

  /** Returns whether it had taken anything. @throws SPY_RATE_LIMIT_STORE, in time */
  async forget(key: string): Promise<boolean> {
    return (await this.#within(() => this.#client.del(this.#keyOf(key)))) > 0
  }

  close(): void {
    this.#client.disconnect()
  }

  #keyOf = (key: string): string => `spyglass:rate:${this.#settings().name}:${key}`

  async #within<T>(ask: () => Promise<T>): Promise<T> {
    const { name, timeoutMs } = this.#settings()
    const silent = (): Error => new Error(`no answer within ${timeoutMs} ms`)
    try {
      return await this.#patience.answer({ ask, timeoutMs, silent })
    } catch (error) {
      throw fail('SPY_RATE_LIMIT_STORE', [name, messageOf(error)], error)
    }
  }
}

function clientOf({ name, url, password }: RedisSettings, folders: readonly string[]): RedisClient {
  const client = connectRedis({ url, password }, folders, (from, why) => fail('SPY_RATE_LIMIT_PACKAGE', [name, from, why])) as RedisClient
  client.defineCommand('spyglassTake', { numberOfKeys: 1, lua: TAKE })
  return client
}
