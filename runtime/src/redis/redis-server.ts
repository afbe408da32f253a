/**
 * A Redis as applications of ioredis know it: a client of the application's own package, whose commands are bounded, measured and answered in time. Its address
 * and password change while it is used: commands wait until those before them are answered, and go over a new connection then.
 */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { RedisServerConfig } from '@spyglass/process/checked-config'
import { type Clock, within } from '../clock/index.ts'
import { CallFigures } from '../outgoing/index.ts'
import type { Command, RedisBase, RedisPackage } from './redis-package.ts'
import { unavailable } from './errors.ts'
import { servedClient } from './served-client.ts'

export interface RedisServerOptions {
  readonly clock: Clock
  readonly package: RedisPackage
  readonly passwordOf: (config: RedisServerConfig) => string | undefined
}

const MAX_RECONNECT_MS = 500
/** After so many time limits of a command without any answer, a connection is replaced by a new one. */
const SILENT_TIMEOUTS = 2
const LOOK_MS = 5
const END_MS = 500

export class RedisServer {
  readonly figures: CallFigures
  readonly client: RedisBase
  readonly #options: RedisServerOptions
  readonly #duplicates = new Set<RedisBase>()
  /** Sends what has waited for the change of an address. */
  #held: (() => void)[] | undefined
  #config: RedisServerConfig

  constructor(config: RedisServerConfig, options: RedisServerOptions) {
    this.#config = config
    this.#options = options
    this.figures = new CallFigures(() => options.clock.now())
    this.client = this.#open()
  }

  get config(): RedisServerConfig {
    return this.#config
  }

  /** `waiting`: commands that were not sent. */
  get load(): { readonly connections: number; readonly waiting: number } {
    const all = [this.client, ...this.#duplicates]
    const waiting = (this.#held?.length ?? 0) + this.client.offlineQueue.length
    return { connections: all.filter(({ status }) => status === 'ready').length, waiting }
  }

  configure(config: RedisServerConfig): void {
    const before = this.#config
    this.#config = config
    Object.assign(this.client.options, timesOf(config))
    if ((['url', 'password', 'passwordFrom'] as const).some((name) => config[name] !== before[name])) void this.#move()
  }

  /** Waits for what has no answer yet, at most so long. */
  async close(deadlineMs: number): Promise<void> {
    await this.#answered(deadlineMs)
    await Promise.all([this.client, ...this.#duplicates].map((client) => this.#end(client)))
  }

  async #end(client: RedisBase): Promise<void> {
    if (client.status === 'end') return
    const ended = new Promise<void>((resolve) => void client.on('end', resolve))
    client.disconnect()
    // one that was just trying to connect says nothing
    await within(this.#options.clock, END_MS, ended, () => new Error('silent')).catch(() => {})
  }

  /** Holds back what comes until all before is answered, then connects again. */
  async #move(): Promise<void> {
    if (this.#held) return
    this.#held = []
    await this.#answered(this.#config.timeoutMs)
    const { client } = this
    Object.assign(client.options, { tls: undefined, username: undefined, ...addressOf(this.#config) })
    this.#renewPassword(client)
    if (client.status !== 'wait') client.disconnect(true)
    for (const each of this.#duplicates) if (each.commandQueue.length === 0) each.disconnect(true) // others when what they wait for has come
    const held = this.#held
    this.#held = undefined
    for (const send of held) send()
  }

  async #answered(ms: number): Promise<void> {
    const { clock } = this.#options
    const end = clock.now() + ms
    while (this.client.commandQueue.length > 0 && clock.now() < end) await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
  }

  #open(): RedisBase {
    const client = servedClient(
      this.#options.package,
      {
        ...addressOf(this.#config),
        ...timesOf(this.#config),
        lazyConnect: true,
        maxRetriesPerRequest: null,
        autoResendUnfulfilledCommands: false, // nobody knows whether they took effect
        retryStrategy: (attempt: number) => Math.min(attempt * 50, MAX_RECONNECT_MS),
      },
      {
        send: (command, isPart, send) => this.#send(command, isPart, send),
        duplicated: (made) => this.#duplicated(made),
      },
    )
    this.#renewPassword(client)
    return this.#watched(client)
  }

  #duplicated(client: RedisBase): RedisBase {
    this.#duplicates.add(client)
    client.on('end', () => this.#duplicates.delete(client))
    client.on('reconnecting', () => this.#readdress(client))
    return this.#watched(client)
  }

  /** Where the server is now: the password is that of no other. Its database may be one of its own. */
  #readdress({ options }: RedisBase): void {
    const { db } = options
    Object.assign(options, { tls: undefined, username: undefined, ...addressOf(this.#config), db })
  }

  #watched(client: RedisBase): RedisBase {
    client.on('error', (error) => {
      this.figures.isDown = true
      this.figures.lastError = messageOf(error)
      this.figures.lastErrorTime = Date.now()
    })
    client.on('reconnecting', () => this.#renewPassword(client))
    client.on('ready', () => {
      this.figures.isDown = false
    })
    return client
  }

  /** It is read again for each connection. One that cannot be read is told by what asks. */
  #renewPassword(client: RedisBase): void {
    try {
      client.options.password = this.#options.passwordOf(this.#config) ?? null
    } catch (error) {
      this.figures.lastError = messageOf(error)
      this.figures.lastErrorTime = Date.now()
    }
  }

  #send(command: Command, isPart: boolean, send: () => Promise<unknown>): Promise<unknown> {
    const { name, maxWaiting, timeoutMs, url } = this.#config
    // the commands of a pipeline are written together: without one of them none would be
    if (!isPart && this.figures.running >= maxWaiting) {
      this.figures.refused++
      command.reject(unavailable('SPY_REDIS_BUSY', [name, this.figures.running, targetOf(url)]))
      return command.promise
    }
    const end = this.figures.begin()
    const { reject } = command
    command.reject = (error) => reject(isLate(error) ? unavailable('SPY_REDIS_TIMEOUT', [name, targetOf(url), timeoutMs]) : error)
    command.promise.then(
      () => end(),
      (error: unknown) => end({ error, isTimeout: codeOf(error) === 'SPY_REDIS_TIMEOUT', isDown: !isAnswer(error) }),
    )
    if (!this.#held || isPart) return send()
    this.#held.push(() => void send().catch(() => {})) // the application has the promise of the command
    return command.promise
  }
}

export const targetOf = (url: string): string => new URL(url).host

const isLate = (error: unknown): boolean => error instanceof Error && /command timed out/i.test(error.message)
/** It answered, though with an error. */
const isAnswer = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError'

function timesOf({ timeoutMs }: RedisServerConfig): object {
  return { commandTimeout: timeoutMs, connectTimeout: timeoutMs, socketTimeout: timeoutMs * SILENT_TIMEOUTS }
}

function addressOf({ url }: RedisServerConfig): object {
  const { hostname, port, protocol, username, pathname } = new URL(url)
  return {
    host: hostname.replaceAll(/^\[|\]$/g, ''),
    port: port === '' ? 6379 : Number(port),
    db: Number(pathname.slice(1)) || 0,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  }
}
