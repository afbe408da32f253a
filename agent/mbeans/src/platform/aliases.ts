/**
 * Listeners, datasources and sessions under the names that templates for Tomcat and HikariCP look for. They are views: computed when read from the beans
 * of a registry, summed over instances, never pushed.
 */
import { type AttributeValue, type ResourceKeys, type ResourceKind, objectNameOf } from '@spyglass/agent/contract'
import { kinds, platformKinds } from '../kinds/index.ts'
import { type Bean, type Registry, sampled } from '@spyglass/agent/registry'
import { fileDescriptorLimit } from './operating-system.ts'

/** The part of a registry that shows beans. */
export type BeanView = Pick<Registry, 'beans' | 'find' | 'generation'>

interface Alias {
  readonly kind: ResourceKind
  /** Name of the kind it is a view of. */
  readonly of: string
  /** Keys of the alias; beans with equal keys become one alias. Undefined: not shown. */
  readonly keys: (bean: Bean) => ResourceKeys | undefined
  readonly read: Readonly<Record<string, (beans: readonly Bean[], view: BeanView) => AttributeValue | undefined>>
}

const { tomcatServer, tomcatThreadPool, tomcatRequestProcessor, tomcatManager, hikariPool, hikariPoolConfig } = platformKinds

const sum = (attribute: string) => (beans: readonly Bean[]) => total(beans.map((bean) => bean.read(attribute)))
const first = (attribute: string) => (beans: readonly Bean[]) => beans[0]?.read(attribute)
/** Adds up an attribute of the instances that serve these listeners. */
const sumOfInstances = (attribute: string) => (beans: readonly Bean[], view: BeanView) =>
  total(instancesOf(beans).map((name) => view.find(objectNameOf(kinds.instance, { name }))?.read(attribute)))

/** Of what every process shows alike. */
const most = (attribute: string) => (beans: readonly Bean[]) => {
  const numbers = beans.map((bean) => bean.read(attribute)).filter((value) => value !== undefined)
  return numbers.length === 0 ? undefined : Math.max(...numbers.map(Number))
}

const instancesOf = (beans: readonly Bean[]): readonly string[] => [...new Set(beans.map(({ keys }) => keys['instance'] ?? ''))]

/** The sum of the numbers; undefined when there is none. */
function total(values: readonly (AttributeValue | undefined)[]): number | undefined {
  const numbers = values.filter((value) => typeof value === 'number' || typeof value === 'bigint').map(Number)
  return numbers.length === 0 ? undefined : numbers.reduce((all, value) => all + value, 0)
}

const milliseconds = (seconds: number | undefined): number | undefined => (seconds === undefined ? undefined : seconds * 1000)

const prefixed = (prefix: string, value: AttributeValue | undefined): string | undefined =>
  typeof value === 'string' ? prefix + value : undefined

/** Ports of the server itself are no connectors: templates for Tomcat chart what applications serve. */
const OWN_PROCESSES = new Set(['management', 'collector', 'store'])

const connector = (bean: Bean): ResourceKeys | undefined => {
  if (OWN_PROCESSES.has(bean.keys['instance'] ?? '')) return undefined
  const port = bean.read('port')
  return typeof port === 'number' ? { name: `${bean.keys['name'] ?? ''}-${port}` } : undefined
}
const datasource = (bean: Bean): ResourceKeys => ({ name: bean.keys['name'] ?? '' })
const activeRequests = sumOfInstances('activeRequests')

/** All processes of a server inherit the same limit. */
const descriptorLimit = sampled(60_000, fileDescriptorLimit)

const ALIASES: readonly Alias[] = [
  {
    kind: tomcatThreadPool,
    of: kinds.listener.name,
    keys: connector,
    read: {
      name: (beans) => beans[0] && connector(beans[0])?.['name'],
      port: first('port'),
      running: (beans) => beans.some((bean) => bean.read('state') === 'open'),
      maxThreads: (beans) => total(instancesOf(beans).map(() => descriptorLimit())),
      minSpareThreads: (beans) => instancesOf(beans).length,
      currentThreadCount: (beans, view) => Math.max(activeRequests(beans, view) ?? 0, instancesOf(beans).length),
      currentThreadsBusy: activeRequests,
      connectionCount: sum('connections'),
    },
  },
  {
    kind: tomcatRequestProcessor,
    of: kinds.listener.name,
    keys: connector,
    read: {
      name: (beans) => beans[0] && connector(beans[0])?.['name'],
      requestCount: sum('requests'),
      errorCount: sumOfInstances('errors'),
      processingTime: (beans, view) => milliseconds(sumOfInstances('requestTime')(beans, view)),
      bytesReceived: sum('bytesReceived'),
      bytesSent: sum('bytesSent'),
    },
  },
  {
    kind: tomcatServer,
    of: kinds.server.name,
    keys: () => ({}),
    read: {
      serverInfo: (beans) => prefixed('Spyglass/', beans[0]?.read('version')),
      serverNumber: first('version'),
      stateName: (beans) => (Number(beans[0]?.read('instancesReady') ?? 0) > 0 ? 'STARTED' : 'STARTING'),
    },
  },
  {
    kind: tomcatManager,
    of: kinds.session.name,
    keys: ({ keys }) => ({ host: 'localhost', context: `/${keys['name'] ?? ''}` }),
    read: {
      host: () => 'localhost',
      context: (beans) => prefixed('/', beans[0]?.keys['name']),
      name: (beans) => beans[0]?.keys['name'],
      activeSessions: most('active'),
      sessionCounter: sum('created'),
      expiredSessions: sum('expired'),
      rejectedSessions: sum('refused'),
    },
  },
  {
    kind: hikariPool,
    of: kinds.datasource.name,
    keys: datasource,
    read: {
      ActiveConnections: sum('activeConnections'),
      IdleConnections: sum('idleConnections'),
      TotalConnections: (beans) => total(beans.flatMap((bean) => [bean.read('activeConnections'), bean.read('idleConnections')])),
      ThreadsAwaitingConnection: sum('waitingBorrowers'),
    },
  },
  {
    kind: hikariPoolConfig,
    of: kinds.datasource.name,
    keys: datasource,
    read: { PoolName: (beans) => beans[0]?.keys['name'], MinimumIdle: sum('minConnections'), MaximumPoolSize: sum('maxConnections') },
  },
]

/** Names of the beans that one alias shows; the beans themselves change with each push. */
interface View {
  readonly alias: Alias
  readonly keys: ResourceKeys
  readonly names: string[]
}

/** The beans of `registry`, then the aliases of its listeners, datasources and sessions. A real bean of the same name comes first. */
export function withAliases(registry: BeanView): BeanView {
  let generation = -1
  let views: ReadonlyMap<string, View> = new Map()

  function current(): ReadonlyMap<string, View> {
    if (generation !== registry.generation) {
      generation = registry.generation
      views = viewsOf(registry.beans())
    }
    return views
  }

  return {
    get generation() {
      return registry.generation
    },
    find(name) {
      const bean = registry.find(name)
      if (bean) return bean
      const view = current().get(name)
      return view && new AliasBean(name, view, registry)
    },
    *beans() {
      yield* registry.beans()
      for (const [name, view] of current()) if (!registry.find(name)) yield new AliasBean(name, view, registry)
    },
  }
}

function viewsOf(beans: Iterable<Bean>): ReadonlyMap<string, View> {
  const views = new Map<string, View>()
  for (const bean of beans) {
    for (const alias of ALIASES) {
      const keys = alias.of === bean.kind.name ? alias.keys(bean) : undefined
      if (!keys) continue
      const name = objectNameOf(alias.kind, keys)
      const view = views.get(name)
      if (view) view.names.push(bean.name)
      else views.set(name, { alias, keys, names: [bean.name] })
    }
  }
  return views
}

class AliasBean implements Bean {
  readonly name: string
  readonly kind: ResourceKind
  readonly keys: ResourceKeys
  readonly source = undefined
  readonly sampledAt: number | undefined
  readonly #read: Alias['read']
  readonly #beans: readonly Bean[]
  readonly #registry: BeanView

  constructor(name: string, { alias, keys, names }: View, registry: BeanView) {
    this.name = name
    this.kind = alias.kind
    this.keys = keys
    this.#read = alias.read
    this.#beans = names.flatMap((member) => registry.find(member) ?? [])
    this.#registry = registry
    const times = this.#beans.flatMap(({ sampledAt }) => sampledAt ?? [])
    this.sampledAt = times.length === 0 ? undefined : Math.min(...times)
  }

  get isStale(): boolean {
    return this.#beans.some(({ isStale }) => isStale)
  }

  read(attribute: string): AttributeValue | undefined {
    return Object.hasOwn(this.#read, attribute) ? this.#read[attribute]?.(this.#beans, this.#registry) : undefined
  }
}
