/** What an instance is given to work with: its share of the configuration, and nothing of its neighbours. */
import type {
  ApplicationConfig,
  DatasourceConfig,
  HostConfig,
  InstanceGroup,
  ListenerConfig,
  SpyglassConfig,
} from '@spyglass/process/checked-config'

/** The first message that an instance gets. */
export interface InstanceShare {
  /** Name of the instance: `shop-1`. */
  readonly instance: string
  /** Name of the server. */
  readonly server: string
  readonly isolation: ApplicationConfig['isolation']
  /** One with `isolation: own`. Folders are absolute. */
  readonly applications: readonly ApplicationConfig[]
  /** Those that its applications name. */
  readonly datasources: readonly DatasourceConfig[]
  readonly listener: ListenerConfig
  readonly hosts: readonly HostConfig[]
  /** Port of the listener that requests are redirected to. */
  readonly redirectPort: number | undefined
  readonly accessLog: SpyglassConfig['logs']['access']
  readonly headersTimeoutMs: number
  /** What the agent keeps; it reads this from its environment at the start. */
  readonly recording: Pick<SpyglassConfig['agent'], 'slowRequestMs' | 'slowStatementMs' | 'keptPerSecond' | 'baselinePerMinute'>
  readonly logLevel: SpyglassConfig['logs']['level']
  readonly logLevels: SpyglassConfig['logs']['levels']
  /** Folder of the access logs. */
  readonly accessLogs: string
  /** The data folder, which relative database files are resolved against. */
  readonly data: string
}

/** The share of one instance of a group. `accessLogs` is the folder of the access logs. */
export function shareOf(config: SpyglassConfig, group: InstanceGroup, instance: string, accessLogs: string): InstanceShare {
  const { applications, isolation, listener } = group
  const named = new Set(applications.flatMap(({ datasources }) => datasources))
  return {
    instance,
    server: config.server.name,
    isolation,
    applications,
    datasources: config.datasources.filter(({ name }) => named.has(name)),
    listener,
    hosts: config.hosts,
    redirectPort: config.listeners.find(({ name }) => name === listener.redirectTo)?.port,
    accessLog: config.logs.access,
    headersTimeoutMs: config.server.headersTimeoutMs,
    recording: recordingOf(config.agent),
    logLevel: config.logs.level,
    logLevels: config.logs.levels,
    accessLogs,
    data: config.data,
  }
}

function recordingOf({
  slowRequestMs,
  slowStatementMs,
  keptPerSecond,
  baselinePerMinute,
}: SpyglassConfig['agent']): InstanceShare['recording'] {
  return { slowStatementMs, keptPerSecond, baselinePerMinute, ...(slowRequestMs === undefined ? {} : { slowRequestMs }) }
}
