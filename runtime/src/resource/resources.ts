/** All resources of one instance, opened and closed together. */
import type { ResourcesConfig } from '@spyglass/process/checked-config'
import { type ResourceList, resourceLists, resourceSettings, type Settings } from '@spyglass/process/settings'
import type { Resource, ResourceSurroundings, ResourceType } from '../resource-type/resource-type.ts'
import { type Cache, type CacheSettings, type PageCache, type PageOptions, checkedSettings, openAlone } from '../cache/index.ts'
import type { DatasourceNamed } from '../datasource/index.ts'
import type { Jobs } from '../jobs/index.ts'
import type { WorkerPool } from '../worker-pool/index.ts'
import type { HttpClient } from '../http-client/index.ts'
import type { Mailer } from '../mail/index.ts'
import type { Realm } from '../realm/index.ts'
import type { RedisNamed } from '../redis/index.ts'
import type { Sessions } from '../session/index.ts'
import { Limiter, type LimitOptions } from '../rate-limit/index.ts'
import { Queue, type QueueOptions, showQueue } from '../concurrency/index.ts'
import { type Faces, resourceTypes } from './resource-types.ts'

/** Entries as the configuration has them: a missing setting has its default, and a missing list is empty. */
export type GivenResources = { readonly [L in ResourceList]?: readonly GivenEntry<EntryOf<L>>[] }
type EntryOf<L extends ResourceList> = ResourcesConfig[L][number]
type GivenEntry<Entry extends { readonly name: string }> = Pick<Entry, 'name'> & Partial<Entry>

export interface ResourcesOptions extends ResourceSurroundings {
  readonly resources: GivenResources
}

/** Opens the resources. What cannot be reached is reported, and tried again when it is used. */
export async function openResources({ resources, ...surroundings }: ResourcesOptions): Promise<Resources> {
  const opened = new Resources(surroundings)
  for (const list of resourceLists) opened.open(list, withDefaults(list, resources[list] ?? []), surroundings)
  await opened.start()
  return opened
}

function withDefaults<L extends ResourceList>(list: L, entries: readonly GivenEntry<EntryOf<L>>[]): readonly EntryOf<L>[] {
  const defaults = defaultsOf(resourceSettings[list].settings)
  return entries.map((entry) => ({ ...defaults, ...entry }) as unknown as EntryOf<L>)
}

function defaultsOf(settings: Settings): Readonly<Record<string, unknown>> {
  const defaults: Record<string, unknown> = {}
  for (const [name, node] of Object.entries(settings)) {
    if (node.type === 'section') defaults[name] = defaultsOf(node.settings)
    else if ('default' in node) defaults[name] = node.default
  }
  return defaults
}

export interface ResourceOperation {
  readonly operation: string
  readonly given: Readonly<Record<string, unknown>>
}

/** Names of resources, by list. */
export type UsedResources = { readonly [L in ResourceList]?: readonly string[] }

export class Resources {
  /** Where they are open. */
  readonly around: ResourceSurroundings | undefined
  readonly #opened = new Map<ResourceList, Map<string, AnyResource>>()
  #all: readonly AnyResource[] = []

  constructor(around?: ResourceSurroundings) {
    this.around = around
  }

  open<L extends ResourceList>(list: L, entries: readonly EntryOf<L>[], surroundings: ResourceSurroundings): void {
    const type: ResourceType<EntryOf<L>, object> = resourceTypes[list]
    const faceOf = (other: string, name: string): object | undefined => this.#opened.get(other as ResourceList)?.get(name)?.face
    this.#opened.set(list, new Map(entries.map((entry) => [entry.name, type.open(entry, { ...surroundings, faceOf })])))
    this.#all = [...this.#opened.values()].flatMap((of) => [...of.values()])
  }

  async start(): Promise<void> {
    await Promise.all(this.#all.map((resource) => resource.start()))
  }

  /** @throws the error of its type, when there is none of that name */
  get<L extends ResourceList>(list: L, name: string): Faces[L] {
    const opened = this.#opened.get(list)
    const found = opened?.get(name)
    if (!found) throw resourceTypes[list].unknown(name, [...(opened?.keys() ?? [])])
    return found.face as Faces[L]
  }

  /** The one of that name; the first time, one that is opened with what `entry` gives. */
  getOrOpen<L extends ResourceList>(list: L, name: string, entry: () => EntryOf<L>): Faces[L] {
    const found = this.#opened.get(list)?.get(name)
    if (found) return found.face as Faces[L]
    if (!this.around) throw resourceTypes[list].closed()
    const opened = this.#opened.get(list) ?? new Map<string, AnyResource>()
    const type: ResourceType<EntryOf<L>, object> = resourceTypes[list]
    opened.set(name, type.open(entry(), this.around))
    this.#opened.set(list, opened)
    this.#all = [...this.#opened.values()].flatMap((of) => [...of.values()])
    return opened.get(name)!.face as Faces[L]
  }

  /** @throws SPY_DATASOURCE_UNKNOWN */
  datasource<N extends string>(name: N): DatasourceNamed<N> {
    return this.get('datasources', name) as DatasourceNamed<N>
  }

  /** Gives the entries that are open their new values. */
  configure<L extends ResourceList>(list: L, entries: readonly EntryOf<L>[]): void {
    for (const entry of entries)
      this.#opened
        .get(list)
        ?.get(entry.name)
        ?.configure({ ...entry })
  }

  /**
   * Carries out an operation of the one of that name, or of its part: `shop/a`. Gives its result, or a promise of that.
   * @throws the error of its type, when there is none of that name
   */
  carryOut(list: ResourceList, name: string, { operation, given }: ResourceOperation): unknown {
    const [own = '', part] = name.split('/')
    this.get(list, own)
    return this.#opened.get(list)?.get(own)?.carryOut?.(operation, given, part)
  }

  /** Called when a response has ended, before the agent decides what becomes of its trace. */
  requestEnded(traceId: string): void {
    for (const resource of this.#all) resource.requestEnded?.(traceId)
  }

  /** How long the borrower has waited who waits longest for one of these; 0 when nobody waits. */
  longestWaitMs(used: UsedResources): number {
    let longest = 0
    for (const list of resourceLists)
      for (const name of used[list] ?? []) longest = Math.max(longest, this.#opened.get(list)?.get(name)?.waitMs?.() ?? 0)
    return longest
  }

  /** Takes no more work by itself, and resolves when what is under way is over, at most after `deadlineMs` and a moment. */
  async drain(deadlineMs: number): Promise<void> {
    await Promise.all(this.#all.map(async (resource) => await resource.drain?.(deadlineMs)))
  }

  /** Returns when all are closed, at most after `deadlineMs` and a moment. */
  async close(deadlineMs: number): Promise<void> {
    await Promise.all(this.#all.map((resource) => resource.close(deadlineMs)))
  }
}

type AnyResource = Resource<EntryOf<ResourceList>, object>

const KEY = Symbol.for('spyglass.resources')
const ALONE = Symbol.for('spyglass.caches')
type Holder = { [KEY]?: Resources; [ALONE]?: Map<string, Cache> }

/** Makes these the resources that applications find in this process; the result undoes it. */
export function installResources(resources: Resources): () => void {
  const global = globalThis as Holder
  global[KEY] = resources
  return () => {
    if (global[KEY] === resources) delete global[KEY]
  }
}

function resourcesHere(list: ResourceList): Resources {
  const resources = (globalThis as Holder)[KEY]
  if (!resources) throw resourceTypes[list].closed()
  return resources
}

/**
 * The datasource of that name, in any module of an application that the server hosts: with driver pg a `pg.Pool`, with mysql2 a pool of mysql2.
 * @throws SPY_DATASOURCE_UNKNOWN, SPY_DATASOURCES_CLOSED
 *
 * @example
 * declare global {
 *   interface SpyglassDatasources {
 *     shop: pg.Pool
 *   }
 * }
 * const pool = datasource('shop')
 */
export const datasource = <N extends string>(name: N): DatasourceNamed<N> => resourcesHere('datasources').datasource(name)

/**
 * The sessions of that name, in any module of an application that the server hosts: `app.use(session('visitors').express)`, `.koa`, `.fastify`, or
 * `await session('visitors').of(request, response)`.
 * @throws SPY_SESSION_NAME_UNKNOWN, SPY_SESSIONS_CLOSED
 */
export const session = (name: string): Sessions => resourcesHere('sessions').get('sessions', name)

/**
 * The realm of that name, in any module of an application that the server hosts.
 * @throws SPY_REALM_UNKNOWN, SPY_REALMS_CLOSED
 */
export const realm = (name: string): Realm => resourcesHere('realms').get('realms', name)

/**
 * The queue of jobs of that name: `await jobs('orders').add({ order: 7 }, { id: 'order-7' })`, and `jobs('orders').process(async ({ data }) => …)`.
 * @throws SPY_JOBS_UNKNOWN, SPY_JOBS_CLOSED
 */
export const jobs = <Data = unknown>(name: string): Jobs<Data> => resourcesHere('jobs').get('jobs', name) as Jobs<Data>

/**
 * The worker pool of that name: `await workerPool('images').run({ path, width: 200 })` calls the default export of its file in another thread.
 * @throws SPY_WORKER_POOL_UNKNOWN, SPY_WORKER_POOLS_CLOSED
 */
export const workerPool = (name: string): WorkerPool => resourcesHere('workerPools').get('workerPools', name)

/**
 * The rate limit of that name: `app.use(rateLimit('api').express)`, `.koa`, `app.register(….fastify)`, or `await rateLimit('api').take(key)`.
 * @throws SPY_RATE_LIMIT_UNKNOWN, SPY_RATE_LIMITS_CLOSED
 */
export const rateLimit = <Request = unknown>(name: string, options: LimitOptions<Request> = {}): Limiter<Request> =>
  new Limiter(resourcesHere('rateLimits').get('rateLimits', name), options)

/**
 * The mail server of that name, in any module of an application that the server hosts: `await mail('office').sendMail({ to, subject, text })`.
 * @throws SPY_MAIL_UNKNOWN, SPY_MAIL_CLOSED
 */
export const mail = (name: string): Mailer => resourcesHere('mailServers').get('mailServers', name)

/**
 * The Redis of that name, in any module of an application that the server hosts: a client of its package ioredis.
 * @throws SPY_REDIS_UNKNOWN, SPY_REDIS_CLOSED
 */
export const redis = <N extends string>(name: N): RedisNamed<N> =>
  resourcesHere('redisServers').get('redisServers', name) as unknown as RedisNamed<N>

/**
 * The HTTP client of that name, in any module of an application that the server hosts: `await httpClient('payments').fetch('/charges')`.
 * @throws SPY_HTTP_CLIENT_UNKNOWN, SPY_HTTP_CLIENTS_CLOSED
 */
export const httpClient = (name: string): HttpClient => resourcesHere('httpClients').get('httpClients', name)

/**
 * A bounded queue for what only a few may do at once: `app.use('/checkout', queue({ name: 'checkout', concurrency: 4 }).express)`, or `await ….run(task)`. In
 * an application that the server hosts its length and waits are metrics.
 */
export function queue(options: QueueOptions): Queue {
  const made = new Queue(options)
  const { around } = (globalThis as Holder)[KEY] ?? {}
  if (around) showQueue(made, around)
  return made
}

function cacheNamed<T = unknown>(name: string, settings: CacheSettings = {}): Cache<T> {
  const global = globalThis as Holder
  const entry = () => checkedSettings(name, settings)
  if (global[KEY]?.around) return global[KEY].getOrOpen('caches', name, entry) as Cache<T>
  const alone = (global[ALONE] ??= new Map())
  const made = alone.get(name) ?? openAlone(entry())
  alone.set(name, made)
  return made
}

/** Which cache the pages are in. Default: `pages`. */
export interface PagesIn {
  readonly cache?: string
}

/**
 * The cache of that name, in any module of an application. One that the application does not name in `caches` is made when it is first asked for, with these settings, and
 * shown like the others; so it is in a program that no server hosts, where it is shown nowhere.
 * @throws SPY_CACHE_SETTING, SPY_CACHE_PACKAGE
 *
 * @example
 * const product = await cache('products').load(`product:${id}`, () => find(id), { ttlMs: 5000 })
 */
export const cache = Object.assign(cacheNamed, {
  /**
   * Whole answers in the cache `pages`, or another one: `app.use('/products', cache.page({ ttlMs: 5000 }).express)`, `.koa`, `app.register(….fastify)`.
   * @throws SPY_CACHE_SETTING, SPY_CACHE_PACKAGE
   */
  page: <Request = unknown>({ cache: name = 'pages', ...options }: PageOptions<Request> & PagesIn = {}): PageCache<Request> =>
    cacheNamed(name).page(options),
})
