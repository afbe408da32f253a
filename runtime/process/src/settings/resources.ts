/**
 * The resources that an application names: for each type a list of entries in spyglass.yaml, and a setting of the same name in each application with
 * the names of those that it uses. An instance opens those of its applications and no others. A new type is a list here, its checks in
 * `config/resource-mistakes.ts`, and what opens it in `runtime/src/resource/resource-types.ts`; the rest is derived.
 */
import { cacheSettings } from './cache.ts'
import { datasourceSettings } from './datasource.ts'
import { declareSettings, type List } from './declaration.ts'
import { jobSettings } from './jobs.ts'
import { httpClientSettings, mailServerSettings, redisServerSettings } from './outgoing.ts'
import { rateLimitSettings } from './rate-limit.ts'
import { realmSettings } from './realm.ts'
import { sessionSettings } from './session.ts'
import { workerPoolSettings } from './worker-pool.ts'

export const resourceSettings = declareSettings({
  datasources: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'datasource',
    description: 'Databases that applications borrow connections of.',
    applies: 'reload',
    readBy: ['instances'],
    settings: datasourceSettings,
  },
  sessions: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'session',
    description: 'Sessions of visitors, kept outside the instances.',
    applies: 'reload',
    readBy: ['instances'],
    settings: sessionSettings,
  },
  realms: {
    type: 'list',
    key: ['name'],
    default: [],
    description: 'Users who may sign in to applications.',
    applies: 'reload',
    readBy: ['instances'],
    settings: realmSettings,
  },
  rateLimits: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'rateLimit',
    inWorkers: true,
    description: 'How many requests of a client, an account or a route are allowed in a window of time.',
    applies: 'reload',
    readBy: ['instances'],
    settings: rateLimitSettings,
  },
  caches: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'cache',
    inWorkers: true,
    description: 'Values and pages that applications keep in memory, with a Redis behind them or without.',
    applies: 'reload',
    readBy: ['instances'],
    settings: cacheSettings,
  },
  jobs: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'jobQueue',
    keptBy: 'job-store',
    description: 'Queues of jobs that applications add, and run later.',
    applies: 'reload',
    readBy: ['instances'],
    settings: jobSettings,
  },
  workerPools: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'workerPool',
    description: 'Worker threads for tasks that would block the event loop.',
    applies: 'reload',
    readBy: ['instances'],
    settings: workerPoolSettings,
  },
  mailServers: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'mailServer',
    description: 'Mail servers that applications send over.',
    applies: 'reload',
    readBy: ['instances'],
    settings: mailServerSettings,
  },
  redisServers: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'redisServer',
    description: 'Redis or Valkey servers of applications.',
    applies: 'reload',
    readBy: ['instances'],
    settings: redisServerSettings,
  },
  httpClients: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'httpClient',
    description: 'HTTP services that applications call.',
    applies: 'reload',
    readBy: ['instances'],
    settings: httpClientSettings,
  },
})

export type ResourceList = keyof typeof resourceSettings

export const resourceLists = Object.keys(resourceSettings) as ResourceList[]

/** The lists whose entries each worker of node:cluster opens for itself. */
export const workerLists: readonly ResourceList[] = resourceLists.filter((list) => (resourceSettings[list] as List).inWorkers)

export const isResourceList = (name: unknown): name is ResourceList => typeof name === 'string' && Object.hasOwn(resourceSettings, name)

/** The settings of an application that name its resources. */
export const resourceNames = Object.fromEntries(
  resourceLists.map((list) => [
    list,
    { type: 'texts', each: { minLength: 1 }, default: [], description: `Names of the ${list} that it uses. It gets no others.` },
  ]),
) as unknown as Readonly<
  Record<
    ResourceList,
    { readonly type: 'texts'; readonly each: { readonly minLength: 1 }; readonly default: readonly []; readonly description: string }
  >
>
