/**
 * Answers that are the same for all are kept: the request that finds none goes to the application, and all others for the same address wait for its answer. It is in
 * the memory of each instance. Read storable.ts for what is kept, page-request.ts for what it looks at.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { codeOf } from '@spyglass/agent/contract'
import {
  hasGone,
  type Middleware,
  middlewareOf,
  onceEnded,
  recordResponse,
  type RecordedResponse,
  type Verdict,
} from '../../middleware/index.ts'
import { type Engine, NothingToStore } from '../engine.ts'
import { fail } from '../errors.ts'
import { checkedKey, MAX_KEY_BYTES } from '../key-checks.ts'
import { judgeConditions } from './conditional-head.ts'
import { givePage, type Page, pageOf, storedPage } from './page.ts'
import { addressKey, addressOf, isForAll, mayBeKept, pathOf, variantKey } from './page-request.ts'
import { onceSent, type SentHead } from './sent-head.ts'
import { Shapes } from './shapes.ts'
import { lifeOf, type PageLife, strictest, varyOf } from './storable.ts'

export interface PageOptions<Request> {
  /** How long a page is fresh whose answer does not say so by Cache-Control or Expires. Default: `ttlMs` of the cache. */
  readonly ttlMs?: number
  /** How much longer it is given out while one request replaces it. Default: `staleMs` of the cache. */
  readonly staleMs?: number
  /** Which answers are kept. Default: 200. */
  readonly statuses?: readonly number[]
  /** Tags of the page. It always has its path as one, and its path with the query. */
  readonly tagsOf?: (request: Request) => readonly string[]
  /** Requests for which this says no pass by. */
  readonly isFor?: (request: Request) => boolean
  /** The page is the same whatever cookies are sent. Default: requests with cookies pass by. */
  readonly ignoreCookies?: boolean
}

interface Asked<Request> {
  readonly request: Request
  readonly raw: IncomingMessage
  readonly response: ServerResponse
}

/** RFC 9110 §9.2.1. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
/** A request whose client has gone is waited for a moment longer. */
const GONE_MS = 1000
/** Statuses that may be kept at all: those of answers that are whole and whose meaning is known here. */
const KNOWN: ReadonlySet<number> = new Set([200, 203, 300, 301, 308, 404, 405, 410, 414, 501])

/** A page with what the answer said of its time. */
interface Kept {
  readonly page: Page
  readonly life: PageLife
}

/** What the key of a page is made of. */
interface Known {
  readonly address: string
  readonly vary: readonly string[]
}

/** Its client has gone before anybody saw its whole head: one who waits asks again. */
class LeaderGone extends NothingToStore {}

let made = 0

export class PageCache<Request> implements Middleware<Request> {
  readonly #engine: Engine
  readonly #options: PageOptions<Request>
  readonly #shapes: Shapes
  /** Two of them share no page: they may be before different applications. */
  readonly #id = made++
  readonly express: Middleware<Request>['express']
  readonly koa: Middleware<Request>['koa']
  readonly fastify: Middleware<Request>['fastify']

  /** @throws SPY_CACHE_SETTING */
  constructor(engine: Engine, options: PageOptions<Request>) {
    this.#engine = engine
    this.#options = options
    this.#shapes = new Shapes(engine.clock)
    const unknown = (options.statuses ?? []).find((status) => !KNOWN.has(status))
    if (unknown !== undefined) throw fail('SPY_CACHE_SETTING', [engine.config.name, 'statuses', unknown, `of ${[...KNOWN].join(', ')}`])
    const judge = (request: Request, raw: IncomingMessage, response: ServerResponse): Promise<Verdict> =>
      this.#judge({ request, raw, response })
    const { express, koa, fastify } = middlewareOf<Request>(judge, engine.clock)
    this.express = express
    this.koa = koa
    this.fastify = fastify
  }

  /** Forgets the pages of a path, whatever their query. Returns how many this instance had. @throws SPY_CACHE_KEY, SPY_CACHE_STORE with `whenDown: closed` */
  async purge(path: string): Promise<number> {
    return await this.#engine.purge({ tags: [checkedKey(this.#engine.config.name, path)] })
  }

  async #judge(asked: Asked<Request>): Promise<Verdict> {
    const { request, raw, response } = asked
    const { isFor = () => true, ignoreCookies = false } = this.#options
    const path = pathOf(addressOf(raw))
    if (Buffer.byteLength(path) > MAX_KEY_BYTES || path === '') return {}
    if (!SAFE.has(raw.method ?? '')) this.#purgeWhenChanged(path, response)
    if ((raw.method !== 'GET' && raw.method !== 'HEAD') || !isForAll(raw, { ignoreCookies }) || !isFor(request)) return {}
    return await this.#answer(asked)
  }

  /** RFC 9111 §4.4. */
  #purgeWhenChanged(path: string, response: ServerResponse): void {
    onceEnded(response, () => {
      const { statusCode } = response
      if (statusCode >= 200 && statusCode < 400) void this.purge(path).catch(() => {}) // it is counted, and told later
    })
  }

  async #answer(asked: Asked<Request>): Promise<Verdict> {
    const { raw } = asked
    const address = `${this.#id} ${addressKey(raw)}`
    for (let vary = this.#shapes.varyOf(address); ;) {
      const key = variantKey(address, vary, raw)
      if (this.#shapes.isPassed(key)) return {}
      const verdict = raw.method === 'HEAD' || !mayBeKept(raw) ? this.#given(key, asked) : await this.#waited(key, { address, vary }, asked)
      if (verdict === 'again') {
        if (hasGone(asked.response)) return { isAnswered: true }
        continue
      }
      if (verdict) return verdict
      const now = this.#shapes.varyOf(address)
      if (now.length === vary.length) return {}
      vary = now // the answer varies by more than was known: who waited for it looks again
    }
  }

  /** From the cache alone. */
  #given(key: string, asked: Asked<Request>): Verdict {
    const entry = this.#engine.entries.get(key)
    const isFresh = entry && this.#engine.clock.now() < entry.freshUntil
    if (isFresh) this.#engine.figures.hit()
    else this.#engine.figures.miss()
    return isFresh ? this.#give(entry.value.read() as Page, asked) : {}
  }

  /** Undefined: the answer that it waited for is not for it; `again`: nobody brings one any more. */
  async #waited(key: string, at: Known, asked: Asked<Request>): Promise<Verdict | 'again' | undefined> {
    const recorded = Promise.withResolvers<Kept>()
    recorded.promise.catch(() => {}) // also where nobody waits
    let isLeading = false
    const load = (): Promise<Kept> => {
      isLeading = true
      return recorded.promise
    }
    const loading = this.#engine.load(key, load, this.#settings(asked))
    if (isLeading) {
      loading.catch(() => {}) // the application answers this one
      this.#record(key, at, asked, recorded)
      return { isRecorded: true, fields: { 'cache-status': `"${this.#engine.config.name}"; fwd=miss` } }
    }
    try {
      return this.#give((await loading) as Page, asked)
    } catch (error) {
      if (isMistake(error)) throw error
      return error instanceof LeaderGone ? 'again' : undefined
    }
  }

  #settings({ request, raw }: Asked<Request>) {
    const address = addressOf(raw)
    const tags = [
      pathOf(address),
      ...(Buffer.byteLength(address) > MAX_KEY_BYTES ? [] : [address]),
      ...(this.#options.tagsOf?.(request) ?? []),
    ]
    return {
      tags,
      isLocal: true as const,
      store: ({ page }: Kept) => storedPage(page),
      lastingOf: ({ life }: Kept) => ({ ttlMs: life.ttlMs, staleMs: life.staleMs, staleIfErrorMs: 0 }),
    }
  }

  #give(page: Page, { raw, response }: Asked<Request>): Verdict {
    if (!hasGone(response)) givePage(page, raw, response, { cache: this.#engine.config.name, now: this.#engine.clock.now() })
    return { isAnswered: true }
  }

  #record(key: string, at: Known, { raw, response }: Asked<Request>, { resolve, reject }: PromiseWithResolvers<Kept>): void {
    const { clock, config } = this.#engine
    let isEnded = false
    if (raw.httpVersionMajor === 1) judgeConditions(raw, response)
    recordResponse(response, config.maxEntryBytes, (recorded) => {
      isEnded = true
      onceSent(
        response,
        (sent) => {
          if (!sent) return reject(new LeaderGone()) // what would have been added on the way out, such as a cookie, is not known
          const kept = hasGone(response) && isCutShort(recorded) ? undefined : this.#keptOf(recorded, sent, at)
          if (kept) return resolve(kept)
          if (this.#shapes.varyOf(at.address).length === at.vary.length) this.#shapes.pass(key)
          reject(new NothingToStore())
        },
        clock,
      )
    })
    response.once('close', () => {
      if (!isEnded) clock.after(GONE_MS, () => reject(new LeaderGone()))
    })
  }

  /** Undefined: it is not to be kept, or not under this key. */
  #keptOf({ status, fields, body }: RecordedResponse, sent: SentHead, { address, vary }: Known): Kept | undefined {
    if (sent.status !== status && sent.status !== NOT_MODIFIED) return undefined // something on the way out has answered in its place
    const { config, clock } = this.#engine
    const { statuses = [200], ttlMs = config.ttlMs, staleMs = config.staleMs } = this.#options
    const all = strictest(fields, sent.fields)
    const life = lifeOf({ status, fields: all, body }, { statuses, ttlMs, staleMs })
    if (!life || !body) return undefined
    const names = varyOf(all)
    if (names.every((name) => vary.includes(name))) return { page: pageOf({ status, fields, body }, clock.now() - life.ageMs), life }
    this.#shapes.learn(address, names)
    return undefined
  }
}

const NOT_MODIFIED = 304

/** Of the application, which gives tags that cannot be. */
const isMistake = (error: unknown): boolean => /^SPY_CACHE_(KEY|TAGS)$/.test(codeOf(error) ?? '')

/** Koa and streams leave out the body when the client has gone. */
const isCutShort = ({ size, fields }: RecordedResponse): boolean => size === 0 && fields['content-type'] !== undefined
