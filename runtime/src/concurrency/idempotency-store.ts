/** Where answers are kept by their idempotency key: in this process, or in a Redis that all share. */
import { messageOf } from '@spyglass/agent/contract'
import { type Clock, systemClock } from '../clock/index.ts'
import { Patience } from '../patience/index.ts'
import { fail } from './errors.ts'

export interface StoredAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Base64. */
  readonly body: string
}

/** An answer, or only that there was one: it was too large to keep. */
export type Outcome = StoredAnswer | 'not kept'

/** A request that takes a key. `print` tells whether another request uses the same key, `owner` whether another took it since. */
export interface Claim {
  readonly key: string
  readonly print: string
  readonly owner: string
}

/** What is known of a key: a request is under way, or it was answered. */
export interface KeptKey {
  readonly print: string
  readonly answer?: Outcome
}

export interface IdempotencyStore {
  /** Takes the key, or gives what is known of it. `busyMs`: how long it stays taken if nobody answers. */
  begin(claim: Claim, busyMs: number): Promise<KeptKey | undefined>
  /** Nothing, if another owner has the key or has answered. */
  end(claim: Claim, answer: Outcome, keepMs: number): Promise<void>
  /** The request may be made again. Nothing, if another owner has the key. */
  drop(claim: Claim): Promise<void>
}

export interface MemoryStoreOptions {
  /** How many keys are known; the oldest answers are forgotten first, requests under way never. Default: 10,000. */
  readonly maxEntries?: number
  /** How much the answers may take; of the oldest only is kept that they were given. Default: 64 MiB. */
  readonly maxBytes?: number
  readonly clock?: Clock
}

interface Entry extends KeptKey {
  readonly until: number
}

/** In this process alone. Its `begin` rejects with SPY_IDEMPOTENCY_FULL, with statusCode 503, when as many requests as it has entries are under way. */
export function memoryStore(options: MemoryStoreOptions = {}): IdempotencyStore {
  const { maxEntries = 10_000, maxBytes = 67_108_864, clock = systemClock } = options
  const busy = new Map<string, Entry & { readonly owner: string }>()
  const answered = new BoundedAnswers(maxBytes)
  const isDue = ({ until }: Entry): boolean => until <= clock.now()

  function makeRoom(): void {
    if (busy.size + answered.size < maxEntries || answered.forgetOldest()) return
    for (const [key, entry] of busy) if (isDue(entry)) busy.delete(key)
    if (busy.size >= maxEntries) throw fail('SPY_IDEMPOTENCY_FULL', [maxEntries])
  }

  return {
    async begin({ key, print, owner }, busyMs) {
      const found = busy.get(key) ?? answered.get(key)
      if (found && !isDue(found)) return await Promise.resolve(found)
      busy.delete(key)
      answered.delete(key)
      makeRoom()
      busy.set(key, { print, owner, until: clock.now() + busyMs })
      return undefined
    },
    async end({ key, print, owner }, answer, keepMs) {
      const found = busy.get(key) ?? answered.get(key)
      if (found && !('owner' in found && found.owner === owner) && !isDue(found)) return
      busy.delete(key)
      answered.put(key, { print, answer, until: clock.now() + keepMs })
      if (busy.size + answered.size > maxEntries) await Promise.resolve(answered.forgetOldest())
    },
    async drop({ key, owner }) {
      if (busy.get(key)?.owner === owner) await Promise.resolve(busy.delete(key))
    },
  }
}

/** The oldest come first. */
class BoundedAnswers {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry>()
  /** Sizes of the answers that are kept as a whole. */
  readonly #sizes = new Map<string, number>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  put(key: string, entry: Entry): void {
    this.delete(key)
    this.#entries.set(key, entry)
    const bytes = sizeOf(entry.answer)
    this.#sizes.set(key, bytes)
    this.#bytes += bytes
    for (const [oldest] of this.#sizes) {
      if (this.#bytes <= this.#maxBytes) break
      this.#shorten(oldest)
    }
  }

  /** Returns whether there was one. */
  forgetOldest(): boolean {
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.delete(oldest)
    return oldest !== undefined
  }

  delete(key: string): void {
    this.#entries.delete(key)
    this.#bytes -= this.#sizes.get(key) ?? 0
    this.#sizes.delete(key)
  }

  #shorten(key: string): void {
    this.#bytes -= this.#sizes.get(key) ?? 0
    this.#sizes.delete(key)
    const entry = this.#entries.get(key)
    if (entry) this.#entries.set(key, { ...entry, answer: 'not kept' })
  }
}

const sizeOf = (answer: Outcome | undefined): number =>
  typeof answer === 'object' ? answer.body.length + JSON.stringify(answer.headers).length : 0

/** A client of ioredis. */
export interface RedisKeys {
  set(key: string, value: string, px: 'PX', ms: number, nx: 'NX'): Promise<unknown>
  get(key: string): Promise<string | null>
  eval(script: string, keys: number, ...keysAndArguments: readonly (string | number)[]): Promise<unknown>
}

export interface RedisStoreOptions {
  /** Default: `spyglass:idempotency:`. */
  readonly prefix?: string
  /** How long the Redis may take. Default: 500. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/** ARGV: the claim, the answer, how long it is kept. A claim that has run out is answered as well, unless another took the key. */
const END = `
local found = redis.call('GET', KEYS[1])
if found and found ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

const DROP = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`

/** Its calls reject with SPY_IDEMPOTENCY_STORE, with statusCode 503, if the Redis fails or does not answer in time. */
export function redisStore(redis: RedisKeys, options: RedisStoreOptions = {}): IdempotencyStore {
  const { prefix = 'spyglass:idempotency:', timeoutMs = 500, clock = systemClock } = options
  const patience = new Patience(clock)
  const silent = (): Error => fail('SPY_IDEMPOTENCY_STORE', [`no answer within ${timeoutMs} ms`])
  const within = <T>(ask: () => Promise<T>): Promise<T> => patience.answer({ ask: () => answered(ask), timeoutMs, silent })
  const drop = (claim: Claim): Promise<unknown> => redis.eval(DROP, 1, prefix + claim.key, textOf(claim))

  /** A key that it takes too late is given back: its request has been refused. */
  async function take(claim: Claim, busyMs: number): Promise<KeptKey | undefined> {
    const until = clock.now() + timeoutMs
    const isTaken = (await redis.set(prefix + claim.key, textOf(claim), 'PX', busyMs, 'NX')) === 'OK'
    if (isTaken && clock.now() < until) return undefined
    if (isTaken) await drop(claim)
    if (isTaken) throw silent()
    const found = await redis.get(prefix + claim.key)
    return found === null ? { print: claim.print } : (JSON.parse(found) as KeptKey) // it ended in between: to be tried again
  }

  return {
    begin: (claim, busyMs) => within(() => take(claim, busyMs)),
    async end(claim, answer, keepMs) {
      const kept: KeptKey = { print: claim.print, answer }
      await within(() => redis.eval(END, 1, prefix + claim.key, textOf(claim), JSON.stringify(kept), keepMs))
    },
    async drop(claim) {
      await within(() => drop(claim))
    },
  }
}

const textOf = ({ print, owner }: Claim): string => JSON.stringify({ print, owner })

async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw fail('SPY_IDEMPOTENCY_STORE', [messageOf(error)], error)
  }
}
