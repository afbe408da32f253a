/** Where answers are kept by their idempotency key: in this process, or in a Redis that all share. */
import { type Clock, systemClock } from '../clock/index.ts'

export interface StoredAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Base64. */
  readonly body: string
}

/** What is known of a key: a request is under way, or it was answered. `print` tells whether another request uses the same key. */
export interface KeptKey {
  readonly print: string
  readonly answer?: StoredAnswer
}

export interface IdempotencyStore {
  /** Takes the key, or gives what is known of it. `busyMs`: how long it stays taken if nobody answers. */
  begin(key: string, print: string, busyMs: number): Promise<KeptKey | undefined>
  end(key: string, kept: KeptKey, keepMs: number): Promise<void>
  /** The request may be made again. */
  drop(key: string): Promise<void>
}

const DEFAULT_ENTRIES = 10_000

/** Keeps at most so many answers; the oldest go first. */
export function memoryStore(maxEntries = DEFAULT_ENTRIES, clock: Clock = systemClock): IdempotencyStore {
  const kept = new Map<string, KeptKey & { readonly until: number }>()

  function put(key: string, entry: KeptKey, ms: number): void {
    kept.delete(key)
    kept.set(key, { ...entry, until: clock.now() + ms })
    for (const [oldest] of kept) {
      if (kept.size <= maxEntries) break
      kept.delete(oldest)
    }
  }

  return {
    begin(key, print, busyMs) {
      const found = kept.get(key)
      if (found && found.until > clock.now()) return Promise.resolve(found)
      put(key, { print }, busyMs)
      return Promise.resolve(undefined)
    },
    end: (key, entry, keepMs) => Promise.resolve(put(key, entry, keepMs)),
    drop(key) {
      kept.delete(key)
      return Promise.resolve()
    },
  }
}

/** A client of ioredis. */
export interface RedisKeys {
  set(key: string, value: string, px: 'PX', ms: number, nx?: 'NX'): Promise<unknown>
  get(key: string): Promise<string | null>
  del(key: string): Promise<unknown>
}

export function redisStore(redis: RedisKeys, prefix = 'spyglass:idempotency:'): IdempotencyStore {
  return {
    async begin(key, print, busyMs) {
      if ((await redis.set(prefix + key, JSON.stringify({ print }), 'PX', busyMs, 'NX')) === 'OK') return undefined
      const found = await redis.get(prefix + key)
      return found === null ? { print } : (JSON.parse(found) as KeptKey) // it ended in between: to be tried again
    },
    async end(key, kept, keepMs) {
      await redis.set(prefix + key, JSON.stringify(kept), 'PX', keepMs)
    },
    async drop(key) {
      await redis.del(prefix + key)
    },
  }
}
