/** Entries in a Redis or Valkey, which all instances share. Purges are published there, so that each instance forgets what it has in memory. */
import { randomUUID } from 'node:crypto'
import type { CacheConfig } from '@spyglass/process/checked-config'
import type { Clock } from '../../clock/index.ts'
import { Patience } from '../../patience/index.ts'
import { connectRedis, type RedisConnection, withoutCommand } from '../../redis/index.ts'
import { fail } from '../errors.ts'
import type { Purge } from '../flights.ts'
import { inBackground } from '../load-in-time.ts'
import type { SharedEntry, SharedRead, SharedStore } from '../shared-store.ts'
import { storedFrom } from '../stored-value.ts'
import { PurgeChannel } from './purge-channel.ts'
import { type Keys, keysOf, scripts } from './scripts.ts'
import { UntoldPurges } from '../untold-purges.ts'

export interface RedisStoreOptions {
  readonly config: () => CacheConfig
  /** Folders of the applications, which bring the package. */
  readonly folders: readonly string[]
  /** Another instance has purged something. */
  readonly onPurge: (purge: Purge) => void
  /** Others may have purged anything: it could not be heard. */
  readonly onGap: () => void
  readonly clock?: Clock | undefined
}

type Argument = string | number | Buffer
type ScriptCall = (...keysAndArguments: readonly Argument[]) => Promise<unknown>

/** What is used of ioredis, which has two functions for each script. */
type RedisClient = Omit<RedisConnection, 'on'> &
  Record<`${keyof typeof scripts}${'' | 'Buffer'}`, ScriptCall> & { on(event: string, listener: () => void): unknown }

export class RedisStore implements SharedStore {
  readonly #config: () => CacheConfig
  readonly #keys: Keys
  readonly #client: RedisClient
  readonly #channel: PurgeChannel
  readonly #patience: Patience
  readonly #untold = new UntoldPurges()
  readonly #id = randomUUID()

  /** @throws SPY_CACHE_PACKAGE */
  constructor({ config, folders, onPurge, onGap, clock }: RedisStoreOptions) {
    const { name, url = '', password } = config()
    this.#config = config
    this.#keys = keysOf(name)
    this.#patience = new Patience(clock)
    const connect = (): RedisConnection =>
      connectRedis({ url, password }, folders, (from, why) => fail('SPY_CACHE_PACKAGE', [name, from, why]))
    this.#client = connect() as unknown as RedisClient
    for (const [script, definition] of Object.entries(scripts)) this.#client.defineCommand(script, definition)
    this.#client.on('ready', () => inBackground(() => this.#tell()))
    this.#channel = new PurgeChannel(connect, { channel: this.#keys.channel, id: this.#id, onPurge, onGap })
  }

  async read(key: string): Promise<SharedRead> {
    const { entry, allMark, tagMarks } = this.#keys
    return readOf(await this.#within(() => this.#client.spyglassCacheReadBuffer(entry(key), allMark, tagMarks)))
  }

  async write(key: string, { value, tags, freshMs, staleMs, errorMs }: SharedEntry, at: string): Promise<void> {
    const { entry, allMark, keyMark, tagMarks } = this.#keys
    const lasting = [freshMs, staleMs, errorMs, JSON.stringify(tags)]
    await this.#within(() => this.#client.spyglassCacheWrite(entry(key), allMark, keyMark(key), tagMarks, value.bytes(), ...lasting, at))
  }

  async put(key: string, { value, tags, freshMs, staleMs, errorMs }: SharedEntry): Promise<void> {
    const { entry, allMark, keyMark, channel } = this.#keys
    const lasting = [freshMs, staleMs, errorMs, JSON.stringify(tags)]
    const message = this.#channel.messageOf({ keys: [key] })
    try {
      await this.#within(() =>
        this.#client.spyglassCachePut(entry(key), allMark, keyMark(key), value.bytes(), ...lasting, channel, message),
      )
    } catch (error) {
      this.#untold.add({ keys: [key] })
      throw error
    }
  }

  async purge(purge: Purge): Promise<void> {
    this.#untold.add(purge)
    await this.#tell()
  }

  async claim(key: string, maxAgeMs: number, leaseMs: number): Promise<SharedRead & { readonly isMine: boolean }> {
    const { entry, allMark, lock, tagMarks } = this.#keys
    const [isMine, ...read] = (await this.#within(() =>
      this.#client.spyglassCacheClaimBuffer(entry(key), allMark, lock(key), tagMarks, this.#id, maxAgeMs, leaseMs),
    )) as readonly unknown[]
    return { isMine: isMine === 1, ...readOf(read) }
  }

  async release(key: string): Promise<void> {
    await this.#within(() => this.#client.spyglassCacheRelease(this.#keys.lock(key), this.#id))
  }

  close(): void {
    this.#channel.close()
    this.#client.disconnect()
  }

  /** What others were not told yet, with what is new. */
  async #tell(): Promise<void> {
    const purge = this.#untold.take()
    if (!purge) return
    try {
      await this.#within(() => this.#told(purge))
    } catch (error) {
      this.#untold.add(purge)
      throw error
    }
  }

  async #told(purge: Purge): Promise<void> {
    const { entry, keyMark, tagMarks, allMark, channel } = this.#keys
    const { keys = [], tags = [], all } = purge
    const named = [allMark, ...keys.flatMap((key) => [entry(key), keyMark(key)]), ...tags.map((tag) => tagMarks + tag)]
    await this.#client.spyglassCachePurge(named.length, ...named, channel, this.#channel.messageOf(purge), all ? '1' : '0', keys.length)
  }

  async #within<T>(ask: () => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#config()
    const answer = await this.#patience.answer({
      ask: () => withoutCommand(ask),
      timeoutMs,
      silent: () => new Error(`no answer within ${timeoutMs} ms`),
    })
    if (this.#untold.isAny) inBackground(() => this.#tell())
    return answer
  }
}

type Answer = readonly [Buffer, Buffer?, Buffer?, Buffer?, Buffer?, Buffer?]

/** An entry that cannot be read, such as one of a newer version of Node.js, is none. */
function readOf(answer: unknown): SharedRead {
  const [at, value, freshMs, staleMs, errorMs, tags] = answer as Answer
  const read = { at: at.toString() }
  if (value === undefined || value === null) return read
  try {
    const entry = {
      value: storedFrom(value),
      tags: JSON.parse(String(tags)) as string[],
      freshMs: Number(freshMs),
      staleMs: Number(staleMs),
      errorMs: Number(errorMs),
    }
    return { ...read, entry }
  } catch {
    return read
  }
}
