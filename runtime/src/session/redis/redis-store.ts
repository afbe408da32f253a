/** Sessions in a Redis or Valkey, which several servers may share. */
import { messageOf } from '@spyglass/agent/contract'
import type { SessionConfig } from '@spyglass/process/checked-config'
import { type Clock, systemClock } from '../../clock/index.ts'
import { Patience } from '../../patience/index.ts'
import { connectRedis, type RedisConnection } from '../../redis/index.ts'
import { fail, unavailable } from '../errors.ts'
import { newMark } from '../session-id.ts'
import type { Lent, SessionStore, StoreFigures, Stored, StoreObserver, Write, WriteResult } from '../session-store.ts'
import { countScript, indexOf, keyOf, scripts } from './scripts.ts'

export interface RedisStoreOptions {
  readonly config: () => SessionConfig
  readonly observer: StoreObserver
  /** Folders of the applications, which bring the package. */
  readonly folders: readonly string[]
  readonly clock?: Clock
}

type RedisAnswer = string | number | null | readonly RedisAnswer[]
type ScriptCall = (...keysAndArguments: readonly (string | number)[]) => Promise<RedisAnswer>

/** What is used of ioredis. */
interface RedisClient extends RedisConnection {
  hmget(key: string, ...fields: readonly string[]): Promise<readonly (string | null)[]>
}

type Scripts = Readonly<Record<keyof typeof scripts | 'spyglassCount', ScriptCall>>

const COUNT_MS = 10_000

export class RedisStore implements SessionStore {
  readonly #options: RedisStoreOptions
  readonly #clock: Clock
  readonly #patience: Patience
  readonly #client: RedisClient & Scripts
  readonly #figures: { active: number | undefined; expired: number } = { active: undefined, expired: 0 }
  #stopCounting = (): void => {}

  constructor(options: RedisStoreOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#patience = new Patience(this.#clock)
    this.#client = clientOf(options)
    this.#count()
  }

  async read(id: string): Promise<Lent | undefined> {
    const { name } = this.#options.config()
    return await this.#ask(id, async () => storedOf(await this.#client.hmget(keyOf(name, id), 'v', 't', 'c', 'u')))
  }

  async create(id: string, { text, createdAt, until }: Omit<Stored, 'version'>): Promise<Lent> {
    const lent = await this.#ask(id, async () => storedOf(await this.#run('spyglassCreate', id, [text, createdAt, until])))
    if (lent?.text !== text)
      throw unavailable('SPY_SESSION_STORE_FAILED', [this.#options.config().name, 'it has no session after one was created'])
    return lent
  }

  async write(id: string, { text, version, until }: Write): Promise<WriteResult> {
    const mark = newMark()
    let isWritten = false
    const lent = await this.#ask(id, async () => {
      const [written, ...stored] = (await this.#run('spyglassWrite', id, [text, version, until, mark])) as readonly RedisAnswer[]
      isWritten = written === 1
      return storedOf(stored)
    })
    return lent ? { is: isWritten ? 'written' : 'changed', lent } : { is: 'gone' }
  }

  async touch(id: string, until: number): Promise<void> {
    await this.#within(() => this.#run('spyglassTouch', id, [until]))
  }

  async remove(id: string, version?: number): Promise<boolean> {
    const gone = await this.#within(() => this.#run('spyglassRemove', id, [version ?? '']))
    this.#options.observer.dropped(id)
    return gone === 1
  }

  configure(): void {} // each setting is read when it is needed

  figures(): StoreFigures {
    return this.#figures
  }

  close(): void {
    this.#stopCounting()
    this.#client.disconnect()
  }

  #run(script: keyof typeof scripts, id: string, more: readonly (string | number)[]): Promise<RedisAnswer> {
    const { name } = this.#options.config()
    return this.#client[script](keyOf(name, id), indexOf(name), id, ...more)
  }

  async #ask(id: string, question: () => Promise<Stored | undefined>): Promise<Lent | undefined> {
    const sentAt = this.#clock.now()
    const stored = await this.#within(question)
    if (!stored || stored.until <= Date.now()) return undefined
    const lent = { ...stored, freshUntil: sentAt + (this.#options.config().cacheMs ?? 0) }
    this.#options.observer.lent(id, lent)
    return lent
  }

  #within<T>(question: () => Promise<T>): Promise<T> {
    const { name, timeoutMs } = this.#options.config()
    const silent = (): Error => unavailable('SPY_SESSION_STORE_SILENT', [name, timeoutMs])
    return this.#patience.answer({ ask: () => this.#answered(question), timeoutMs, silent })
  }

  async #answered<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      throw unavailable('SPY_SESSION_STORE_FAILED', [this.#options.config().name, messageOf(error)], error)
    }
  }

  /** The instance that counts first counts what has expired. */
  #count(): void {
    const { name } = this.#options.config()
    this.#within(async () => {
      const [expired, active] = (await this.#client.spyglassCount(indexOf(name), Date.now())) as readonly number[]
      this.#figures.expired += expired ?? 0
      this.#figures.active = active
    }).catch(() => (this.#figures.active = undefined)) // requests report why it cannot be asked
    this.#stopCounting = this.#clock.after(COUNT_MS, () => this.#count())
  }
}

function clientOf({ config, folders }: RedisStoreOptions): RedisClient & Scripts {
  const { name, url = '', password } = config()
  const client = connectRedis({ url, password }, folders, (from, why) => fail('SPY_SESSION_PACKAGE', [name, from, why]))
  for (const [script, lua] of Object.entries(scripts)) client.defineCommand(script, { numberOfKeys: 2, lua })
  client.defineCommand('spyglassCount', { numberOfKeys: 1, lua: countScript })
  return client as RedisClient & Scripts
}

function storedOf(fields: RedisAnswer): Stored | undefined {
  const [version, text, createdAt, until] = fields as readonly RedisAnswer[]
  if (typeof version !== 'string' || typeof text !== 'string') return undefined
  return { version: Number(version), text, createdAt: Number(createdAt), until: Number(until) }
}
