/** Sessions of one name: from the cookie of a request to its session, and from there to the response. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { cookieHeader, cookieValues, mayHaveCookie } from './cookie.ts'
import { fail, isStoreDown } from './errors.ts'
import { holdResponse } from './hold-response.ts'
import { Session, type SessionParts } from './session.ts'
import type { SessionCache } from './session-cache.ts'
import { signedValue, verifiedId } from './session-id.ts'
import type { Lent } from './session-store.ts'

export interface SessionsOptions extends SessionParts {
  readonly cache: SessionCache
  /** The first signs; cookies signed with any of them are accepted. */
  readonly keys: () => readonly string[]
  /** Reports what nobody can be told. */
  readonly lost: (error: Error) => void
}

/** What the request brought. */
interface Brought {
  readonly value?: string
  readonly id?: string
}

type Next = (error?: unknown) => void

/** The part of Fastify that is used. */
interface FastifyLike {
  decorateRequest(name: string, value: null): unknown
  addHook(name: 'onRequest', hook: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<void>): unknown
  addHook(
    name: 'onSend',
    hook: (
      request: FastifyRequestLike,
      reply: FastifyReplyLike,
      payload: unknown,
      done: (error: unknown, payload?: unknown) => void,
    ) => void,
  ): unknown
}
interface FastifyRequestLike {
  readonly raw: IncomingMessage
  session?: unknown
}
interface FastifyReplyLike {
  readonly raw: ServerResponse
}
interface KoaContextLike {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  session?: unknown
}

export class Sessions {
  readonly #options: SessionsOptions
  /** A request has one session, however often it is asked for. */
  readonly #visits = new WeakMap<IncomingMessage, Promise<Visit>>()

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /**
   * The session of the request. It is stored before the response ends, and the response gets its cookie: call it before the head is written.
   * @throws SPY_SESSION_STORE_SILENT, SPY_SESSION_STORE_FAILED with `statusCode` 503, if `whenDown` is closed
   */
  async of(request: IncomingMessage, response: ServerResponse): Promise<Session> {
    return (await this.#held(request, response)).session
  }

  /** The same where there is no response that could carry a cookie: for an upgrade. What is changed in it is stored by `save()`. */
  async read(request: IncomingMessage): Promise<Session> {
    return (await (this.#visits.get(request) ?? this.#visit(request))).session
  }

  async #held(request: IncomingMessage, response: ServerResponse): Promise<Visit> {
    const known = this.#visits.get(request)
    if (known) return await known
    const visit = await this.#begin(request)
    holdResponse(response, {
      cookie: () => visit.cookie(),
      commit: () => visit.commit(response.headersSent),
      failed: this.#options.lost,
    })
    return visit
  }

  /** Middleware of Express: `app.use(session('visitors').express)`; then `request.session`. */
  readonly express = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    void this.#handOn(request, response, next)
  }

  /** Middleware of Koa: `app.use(session('visitors').koa)`; then `ctx.session`. */
  readonly koa = async (ctx: KoaContextLike, next: () => Promise<unknown>): Promise<void> => {
    ctx.session = await this.of(ctx.req, ctx.res)
    await next()
  }

  /** Plugin of Fastify: `app.register(session('visitors').fastify)`; then `request.session`, in all of the application. */
  readonly fastify = Object.assign(
    async (app: FastifyLike): Promise<void> => {
      const visits = new WeakMap<IncomingMessage, Visit>()
      const storing = new WeakSet<IncomingMessage>()
      app.decorateRequest('session', null)
      app.addHook('onRequest', async (request, reply) => {
        const visit = await this.#held(request.raw, reply.raw)
        visits.set(request.raw, visit)
        request.session = visit.session
      })
      // It is stored here, so that the error handler of the application has what fails.
      app.addHook('onSend', ({ raw }, reply, payload, done) => {
        if (storing.has(raw)) return // an async handler that does not return its `reply.send()` sends nothing once more
        const stored = visits.get(raw)?.commit(reply.raw.headersSent)
        if (!stored) return done(null, payload)
        storing.add(raw)
        void settled(stored, (error) => {
          storing.delete(raw)
          done(error, payload)
        })
      })
    },
    { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'spyglass-session' },
  )

  async #handOn(request: IncomingMessage & { session?: unknown }, response: ServerResponse, next: Next): Promise<void> {
    let failure: unknown
    try {
      request.session = await this.of(request, response)
    } catch (error) {
      failure = error
    }
    next(failure)
  }

  #begin(request: IncomingMessage): Promise<Visit> {
    const visit = this.#visit(request)
    this.#visits.set(request, visit)
    return visit
  }

  async #visit(request: IncomingMessage): Promise<Visit> {
    const options = this.#options
    if (!mayHaveCookie(request, options.config())) return new Visit(options, request, {}, new Session(options, undefined, false))
    const brought = this.#brought(request)
    return new Visit(options, request, brought, await this.#found(brought))
  }

  /** The first of the cookies that is ours; the others count as rejected. */
  #brought(request: IncomingMessage): Brought {
    const { config, keys, figures } = this.#options
    const values = cookieValues(request, config())
    for (const value of values) {
      const verdict = verifiedId(value, keys())
      if ('id' in verdict) return { value, id: verdict.id }
      figures.rejected[verdict.rejected]++
    }
    return values[0] === undefined ? {} : { value: values[0] }
  }

  async #found({ id }: Brought): Promise<Session> {
    const { figures, config } = this.#options
    if (id === undefined) return new Session(this.#options)
    try {
      const lent = await this.#lent(id)
      figures.isDown = false
      if (lent) return new Session(this.#options, { id, lent })
      figures.rejected.unknown++
      return new Session(this.#options) // with an id of its own: one that nobody was given is never taken over
    } catch (error) {
      figures.failed(error)
      if (config().whenDown === 'closed' || !isStoreDown(error)) throw error
      return new Session(this.#options, undefined, false)
    }
  }

  async #lent(id: string): Promise<Lent | undefined> {
    const { cache, store, figures, now } = this.#options
    const copy = cache.get(id)
    if (copy && copy.until > now()) {
      figures.cacheHits++
      return copy
    }
    figures.cacheMisses++
    const lent = await store.read(id)
    if (!lent || lent.createdAt + this.#options.config().lifetimeMs > now()) return lent
    await store.remove(id) // the setting is shorter now
    return undefined
  }
}

/** Calls `then` with what failed, or null. */
async function settled(work: Promise<void>, then: (error: unknown) => void): Promise<void> {
  let failure: unknown = null
  try {
    await work
  } catch (error) {
    failure = error
  }
  then(failure)
}

/** A request with its session. */
class Visit {
  readonly session: Session
  readonly #options: SessionsOptions
  readonly #request: IncomingMessage
  readonly #brought: Brought
  /** The id that the browser has, once it has the head of the response. */
  #toldId: string | undefined
  #hasFailed = false

  constructor(options: SessionsOptions, request: IncomingMessage, brought: Brought, session: Session) {
    this.#options = options
    this.#request = request
    this.#brought = brought
    this.#toldId = brought.id
    this.session = session
  }

  /** The header to set; undefined where the browser has the right cookie, or none and needs none. */
  cookie(): string | undefined {
    const { config, keys } = this.#options
    const { session } = this
    if (!session.isAvailable || (this.#hasFailed && session.isNew)) return undefined
    const { value } = this.#brought
    const id = session.id ?? (session.isChanged ? session.reserveId() : undefined)
    this.#toldId = id
    if (id === undefined) return value === undefined ? undefined : cookieHeader(this.#request, config(), undefined)
    const wanted = signedValue(id, keys()[0]!)
    return wanted === value && !config().persistent ? undefined : cookieHeader(this.#request, config(), wanted)
  }

  /** Stores what is to be stored. Resolves without if the store is down and `whenDown` is open. */
  commit(headSent: boolean): Promise<void> | undefined {
    const { session } = this
    if (!session.isAvailable || this.#hasFailed) return undefined
    if (!session.isBusy && !session.isChanged) return headSent && this.#isUntold ? this.#late() : session.extend()
    if (headSent && session.isNew && !session.isReserved) return this.#late()
    return this.#saved(headSent)
  }

  /** A new session, or a new id, that the browser does not know. */
  get #isUntold(): boolean {
    return this.session.id !== undefined && this.session.id !== this.#toldId
  }

  async #saved(headSent: boolean): Promise<void> {
    try {
      await this.#savedOrLost()
    } catch (error) {
      this.#hasFailed = true
      throw error
    }
    if (headSent && this.#isUntold) await this.#late()
  }

  async #savedOrLost(): Promise<void> {
    const { config, figures, lost } = this.#options
    try {
      await this.session.save()
    } catch (error) {
      if (!isStoreDown(error)) throw error
      figures.failed(error)
      if (config().whenDown === 'closed') throw error
      lost(error as Error)
    }
  }

  async #late(): Promise<void> {
    const error = fail('SPY_SESSION_LATE', [this.#options.config().name])
    this.#options.lost(error)
    throw error
  }
}
