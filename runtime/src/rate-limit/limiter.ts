/** What an application gets of a rate limit: by itself, and as plugin or middleware of the frameworks. */
import type { IncomingMessage } from 'node:http'
import { clientAddressOf } from '@spyglass/process/listener'
import { type Middleware, middlewareOf, type Verdict } from '../middleware/index.ts'
import { type Decision, fieldsOf } from './decision.ts'
import { fail } from './errors.ts'
import { boundedKey } from './limit-key.ts'
import type { Challenge, RateLimit } from './rate-limit.ts'

export interface LimitOptions<Request> {
  /** What is counted; undefined: the request is not limited. Default: as the limit is configured. `request` is that of the framework. */
  readonly keyOf?: (request: Request) => string | undefined | Promise<string | undefined>
}

export class Limiter<Request> {
  readonly #limit: RateLimit
  readonly #keyOf: LimitOptions<Request>['keyOf']
  readonly express: Middleware<Request>['express']
  readonly koa: Middleware<Request>['koa']
  readonly fastify: Middleware<Request>['fastify']

  constructor(limit: RateLimit, { keyOf }: LimitOptions<Request> = {}) {
    this.#limit = limit
    this.#keyOf = keyOf
    const { express, koa, fastify } = middlewareOf<Request>((request, raw) => this.#judge(request, raw))
    this.express = express
    this.koa = koa
    this.fastify = fastify
  }

  /** Takes one for a key, of any length. Never rejects. */
  async take(key: string): Promise<Decision> {
    return await this.#limit.take(boundedKey(key))
  }

  /** Requests over the limit pass if this says so: a solved challenge, for instance. There is one for each limit of a process. */
  challenge(challenge: Challenge): void {
    this.#limit.challenge = challenge
  }

  async #judge(request: Request, raw: IncomingMessage): Promise<Verdict> {
    if (this.#limit.isExempt(clientAddressOf(raw))) return {}
    const key = await this.#keyFor(request, raw)
    if (key === undefined) return {}
    const decision = await this.#limit.decide(key, raw)
    const { config } = this.#limit
    return { reason: decision.isAllowed ? undefined : (decision.reason ?? 'rate_limited'), fields: fieldsOf(config.name, config, decision) }
  }

  /** @throws SPY_RATE_LIMIT_NO_KEY */
  async #keyFor(request: Request, raw: IncomingMessage): Promise<string | undefined> {
    if (this.#keyOf) {
      const key = await this.#keyOf(request)
      return key === undefined ? undefined : boundedKey(key)
    }
    const { name, by, header } = this.#limit.config
    if (by === 'account' || (by === 'key' && header === undefined)) throw fail('SPY_RATE_LIMIT_NO_KEY', [name, by])
    return this.#limit.keyOf(raw)
  }
}
