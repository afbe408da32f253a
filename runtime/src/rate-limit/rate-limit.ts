/** One rate limit as the server applies it: its counts, its lists of addresses, what becomes of a request while its store is down. */
import type { RateLimitConfig } from '@spyglass/process/checked-config'
import type { IncomingMessage } from 'node:http'
import { AddressList, clientAddressOf } from '@spyglass/process/listener'
import { type Clock, systemClock } from '../clock/index.ts'
import { isBelow } from '../front/context-path.ts'
import { normalPrefix, pathsOf } from '../front/path-readings.ts'
import { type Decision, decisionOf, PASSED } from './decision.ts'
import { addressKey, boundedKey } from './limit-key.ts'
import { RedisWindow } from './redis-window.ts'
import { type KeyCount, SlidingWindow } from './sliding-window.ts'

export interface RateLimitOptions {
  /** Folders of the applications, which bring the package of a Redis. */
  readonly folders: readonly string[]
  /** Its store began to fail, or answers again. */
  readonly onStore: (error: Error | undefined) => void
  /** The challenge of the application threw. */
  readonly onChallengeError: (error: unknown) => void
  readonly clock?: Clock
}

/** Decides whether a request passes that is over the limit: a solved challenge, for instance. */
export type Challenge = (request: IncomingMessage) => boolean | Promise<boolean>

/** The key of requests that are counted together. */
const ALL = 'all'

export class RateLimit {
  allowed = 0
  refused = 0
  denied = 0
  storeFailures = 0
  isStoreDown = false
  config: RateLimitConfig
  /** Asked about requests over the limit; an application may set it. */
  challenge: Challenge | undefined
  readonly #options: RateLimitOptions
  readonly #clock: Clock
  readonly #window = new SlidingWindow()
  readonly #redis: RedisWindow | undefined
  #deny: AddressList
  #exempt: AddressList
  #paths: readonly string[]

  /** @throws SPY_RATE_LIMIT_PACKAGE */
  constructor(config: RateLimitConfig, options: RateLimitOptions) {
    this.config = config
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#deny = new AddressList(config.deny)
    this.#exempt = new AddressList(config.exempt)
    this.#paths = config.paths.map(normalPrefix)
    if (config.store === 'redis')
      this.#redis = new RedisWindow(() => ({ ...this.config, url: this.config.url ?? '' }), options.folders, this.#clock)
  }

  configure(config: RateLimitConfig): void {
    this.config = config
    this.#deny = new AddressList(config.deny)
    this.#exempt = new AddressList(config.exempt)
    this.#paths = config.paths.map(normalPrefix)
  }

  get keys(): number {
    return this.#window.size
  }

  /** Whether all requests of this address are refused. */
  isDenied(address: string | undefined): boolean {
    if (this.#deny.isEmpty || !this.#deny.has(address)) return false
    this.denied++
    return true
  }

  /** Whether it is applied to a request before the application sees it. `url`: path and query as the application sees them; any reading of it counts. */
  isFor(url: string): boolean {
    if (this.#paths.length === 0 || this.#paths.includes('')) return this.#paths.length > 0
    return pathsOf(url).some((read) => this.#paths.some((path) => isBelow(read, path)))
  }

  isExempt(address: string | undefined): boolean {
    return !this.#exempt.isEmpty && this.#exempt.has(address)
  }

  /** The key of a request as far as the request itself holds it; undefined: it is not limited. */
  keyOf(request: IncomingMessage): string | undefined {
    const { by, header } = this.config
    if (by === 'address') return addressKey(clientAddressOf(request) ?? '')
    if (by === 'route') return ALL
    const value = header === undefined ? undefined : request.headers[header]
    return value === undefined ? undefined : boundedKey(String(value))
  }

  /** Takes one for a key that is bounded. In memory it is decided at once. Never rejects. */
  take(key: string): Decision | Promise<Decision> {
    if (this.#redis) return this.#takeOfAll(this.#redis, key)
    return this.#counted(decisionOf(this.#window.take(key, this.config, this.#clock.now())))
  }

  /** The same for a request: one over the limit may pass by its challenge. */
  decide(key: string, request: IncomingMessage): Decision | Promise<Decision> {
    const decision = this.take(key)
    if (decision instanceof Promise) return decision.then((one) => this.#challenged(one, request))
    return decision.isAllowed || !this.challenge ? decision : this.#challenged(decision, request)
  }

  async #challenged(decision: Decision, request: IncomingMessage): Promise<Decision> {
    if (decision.isAllowed || decision.reason !== 'rate_limited' || !this.challenge) return decision
    return (await this.#isSolved(this.challenge, request)) ? { ...decision, isAllowed: true } : decision
  }

  async #isSolved(challenge: Challenge, request: IncomingMessage): Promise<boolean> {
    try {
      return await challenge(request)
    } catch (error) {
      this.#options.onChallengeError(error)
      return false
    }
  }

  /** The keys with the most, as this instance has seen them. */
  top(count: number): readonly KeyCount[] {
    return this.#window.top(count, this.#clock.now())
  }

  /** Gives a key all of its requests back. */
  async forget(key: string): Promise<boolean> {
    const isKnown = this.#window.forget(key)
    return (await this.#redis?.forget(key)) ?? isKnown
  }

  close(): void {
    this.#redis?.close()
  }

  async #takeOfAll(redis: RedisWindow, key: string): Promise<Decision> {
    const { maxKeys, windowMs, whenDown } = this.config
    try {
      const decision = decisionOf(await redis.take(key, this.config))
      this.#window.take(key, { max: decision.isAllowed ? Number.POSITIVE_INFINITY : 0, windowMs, maxKeys }, this.#clock.now()) // for the view of top keys
      this.#storeAnswers(undefined)
      return this.#counted(decision)
    } catch (error) {
      this.storeFailures++
      this.#storeAnswers(error as Error)
      return whenDown === 'open' ? PASSED : { isAllowed: false, reason: 'rate_store_down' }
    }
  }

  #counted(decision: Decision): Decision {
    if (decision.isAllowed) this.allowed++
    else this.refused++
    return decision
  }

  #storeAnswers(error: Error | undefined): void {
    if (this.isStoreDown === (error !== undefined)) return
    this.isStoreDown = error !== undefined
    this.#options.onStore(error)
  }
}
