/** What an instance is given to work with: its share of the configuration, and nothing of its neighbours. */
import {
  type ApplicationConfig,
  type HostConfig,
  type InstanceGroup,
  isWorkerAlone,
  type ListenerConfig,
  type ResourcesConfig,
  resourcesOf,
  type SpyglassConfig,
} from '@spyglass/process/checked-config'
import type { JobsAccess, SessionAccess } from '../resource-type/resource-type.ts'

/** The first message that an instance gets. */
export interface InstanceShare {
  /** Name of the instance: `shop-1`. */
  readonly instance: string
  /** Name of the server. */
  readonly server: string
  readonly isolation: ApplicationConfig['isolation']
  /** One with `isolation: own`. Folders are absolute. */
  readonly applications: readonly ApplicationConfig[]
  /** Applications of the listener that are disabled, where no other instance answers for them. */
  readonly disabled: readonly Pick<ApplicationConfig, 'name' | 'contextPath' | 'host'>[]
  /** Those that its applications name. */
  readonly resources: ResourcesConfig
  /** Absent where its applications use no sessions. */
  readonly sessions?: SessionAccess | undefined
  /** Absent where its applications use no jobs that the server keeps. */
  readonly jobs?: JobsAccess | undefined
  /** Without certificates where the process does not serve its sockets. */
  readonly listener: ListenerConfig
  readonly reachedBy: InstanceGroup['reachedBy']
  /** All where it serves the listener itself. Otherwise those of its applications: a new host concerns no other instance. */
  readonly hosts: readonly HostConfig[]
  /** Port of the listener that requests are redirected to. */
  readonly redirectPort: number | undefined
  /** For applications that set nothing of their own. */
  readonly accessLog: SpyglassConfig['logs']['access']
  readonly headersTimeoutMs: number
  /** The part of the time for a stop that is kept for closing. */
  readonly closeMs: number
  /** What the agent keeps; it reads this from its environment at the start. */
  readonly recording: Omit<SpyglassConfig['agent'], 'metricsIntervalMs' | 'endpoint' | 'keepSecret'>
  readonly logLevel: SpyglassConfig['logs']['level']
  readonly logLevels: SpyglassConfig['logs']['levels']
  /** Folder of the access logs. */
  readonly accessLogs: string
  /** The data folder, which relative database files are resolved against. */
  readonly data: string
  /** Folder for what its resources must not forget; absent where it has none that it may write to. */
  readonly state?: string
}

/** What may change while the instance runs, without a new generation: where applications are. */
export type Addresses = Pick<InstanceShare, 'hosts' | 'disabled'> & {
  readonly applications: readonly Pick<ApplicationConfig, 'name' | 'contextPath' | 'host'>[]
}

/** The part of a share that says where applications are. */
export function applicationAddresses({ hosts, disabled, applications }: InstanceShare): Addresses {
  return { hosts, disabled, applications: applications.map(({ name, contextPath, host }) => ({ name, contextPath, host })) }
}

/** The share of an instance whose applications may have moved. */
export function shareAt(share: InstanceShare, { hosts, disabled, applications }: Addresses): InstanceShare {
  const moved = (application: ApplicationConfig): ApplicationConfig => ({
    ...application,
    ...applications.find(({ name }) => name === application.name),
  })
  return { ...share, hosts, disabled, applications: share.applications.map(moved) }
}

/** The share of one instance of a group. `accessLogs` is the folder of the access logs. */
export function shareOf(config: SpyglassConfig, group: InstanceGroup, instance: string, accessLogs: string): InstanceShare {
  const { isolation, reachedBy } = group
  const applications = group.applications.map((application) => ({ ...application, replicas: undefined })) // scaling replaces no instance
  const listener = reachedBy === 'listener' ? group.listener : withoutFront(group.listener)
  return {
    instance,
    server: config.server.name,
    isolation,
    applications,
    disabled: reachedBy === 'listener' ? disabledOn(listener, config) : [],
    resources: resourcesOf(config, applications),
    listener,
    reachedBy,
    hosts: reachedBy === 'listener' ? config.hosts : config.hosts.filter(({ name }) => applications.some(({ host }) => host === name)),
    redirectPort: redirectPortOf(config, listener),
    accessLog: config.logs.access,
    headersTimeoutMs: config.server.headersTimeoutMs,
    closeMs: closeMsOf(group, config),
    recording: recordingOf(config.agent),
    logLevel: config.logs.level,
    logLevels: config.logs.levels,
    accessLogs,
    data: config.data,
  }
}

/** Applications of a listener that are disabled. */
export function disabledOn(listener: ListenerConfig, { applications }: Pick<SpyglassConfig, 'applications'>): InstanceShare['disabled'] {
  return applications
    .filter((application) => !application.enabled && application.listener === listener.name && !isWorkerAlone(application))
    .map(({ name, contextPath, host }) => ({ name, contextPath, host }))
}

/** Of the applications that share a process, the most patient one counts. */
export function closeMsOf({ applications }: Pick<InstanceGroup, 'applications'>, { server }: Pick<SpyglassConfig, 'server'>): number {
  const own = applications.flatMap(({ closeMs }) => closeMs ?? [])
  return own.length === 0 ? server.closeMs : Math.max(...own)
}

/** Port of the listener that requests are redirected to. */
export const redirectPortOf = ({ listeners }: Pick<SpyglassConfig, 'listeners'>, { redirectTo }: ListenerConfig): number | undefined =>
  listeners.find(({ name }) => name === redirectTo)?.port

/** What the router adds to a request. */
const [ROUTER_HEADER_BYTES, ROUTER_HEADERS] = [8192, 16]

/**
 * What a listener does for its clients the router does: TLS, PROXY headers, redirects, health, limits of connections and heads. Limits of bodies and
 * compression stay with the application, and no private key is passed on.
 */
function withoutFront(listener: ListenerConfig): ListenerConfig {
  const { maxHeaderBytes, maxHeaderCount } = listener.limits
  return {
    ...listener,
    redirectTo: undefined,
    tls: { ...listener.tls, certificates: [], clientAuthorities: undefined },
    proxyProtocol: false,
    healthPath: '',
    readyPath: '',
    limits: {
      ...listener.limits,
      maxHeaderBytes: maxHeaderBytes + ROUTER_HEADER_BYTES,
      maxHeaderCount: maxHeaderCount + ROUTER_HEADERS,
      maxConnections: 0,
      maxRequestsPerConnection: 0,
    },
  }
}

/** What changes while it runs. */
function recordingOf(agent: SpyglassConfig['agent']): InstanceShare['recording'] {
  const { metricsIntervalMs: _interval, endpoint: _endpoint, keepSecret: _secret, ...recording } = agent
  return recording
}
