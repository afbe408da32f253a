/** All settings of spyglass.yaml, in the order of the reference. */
import { defaultPorts } from '@spyglass/agent/contract'
import { agentSettings } from './agent.ts'
import { alertingSettings } from './alerting.ts'
import { applicationSettings } from './application.ts'
import { collectorSettings } from './collector.ts'
import { deploymentSettings } from './deployment.ts'
import { type ConfigOf, declareSettings } from './declaration.ts'
import { DEFAULT_DATA } from './default-data.ts'
import { hostSettings, listenerSettings } from './listener.ts'
import { logSettings } from './logs.ts'
import { serverSettings } from './server.ts'
import { credentials, ownPortSettings } from './port.ts'
import { resourceSettings } from './resources.ts'
import { host, port } from './shapes.ts'
import { snmpSettings } from './snmp.ts'
import { retentionSettings, storeSettings } from './store.ts'

export const spyglassSettings = declareSettings({
  server: {
    type: 'section',
    kind: 'server',
    description: 'The server as a whole.',
    applies: 'restart',
    readBy: ['server'],
    settings: serverSettings,
  },
  data: {
    type: 'text',
    minLength: 1,
    default: DEFAULT_DATA,
    applies: 'restart',
    readBy: ['server'],
    description: 'Data folder: store, write-ahead log, logs, state, secrets. Relative to the configuration file.',
  },
  portOffset: {
    type: 'int',
    min: 0,
    max: 50_000,
    default: 0,
    applies: 'restart',
    readBy: ['server'],
    description: 'Added to every port.',
  },
  logs: {
    type: 'section',
    description: 'The server log and the access logs.',
    applies: 'restart',
    readBy: ['server'],
    settings: logSettings,
  },
  listeners: {
    type: 'list',
    key: ['name'],
    minLength: 1,
    default: [{ name: 'http' }],
    kind: 'listener',
    description: 'Addresses and ports that applications are served on.',
    applies: 'reload',
    readBy: ['instances'],
    settings: listenerSettings,
  },
  hosts: {
    type: 'list',
    key: ['name'],
    default: [],
    description: 'Virtual hosts: names that applications share a listener by. The host `server` is always there.',
    applies: 'reload',
    readBy: ['instances'],
    settings: hostSettings,
  },
  deployment: {
    type: 'section',
    description: 'Deployment of applications by commands and by the auto-deploy folder.',
    applies: 'restart',
    readBy: ['server'],
    settings: deploymentSettings,
  },
  applications: {
    type: 'list',
    key: ['name'],
    default: [],
    kind: 'application',
    description: 'The applications.',
    applies: 'reload',
    readBy: ['instances'],
    settings: applicationSettings,
  },
  ...resourceSettings,
  management: {
    type: 'section',
    description: 'The management endpoint.',
    applies: 'restart',
    readBy: ['management'],
    settings: {
      host: host(),
      port: port(defaultPorts.management, 'Port of Jolokia, Prometheus and the administration API.'),
      remoteChanges: {
        type: 'boolean',
        default: false,
        readBy: ['management', 'collector'],
        description:
          'Whether the administration API and the forms of the console accept changes and operations from other machines. From this machine they are accepted with the credentials of a role that may make them.',
      },
      credentials: credentials('reading (Jolokia, `/metrics`)'),
      ...ownPortSettings('management', {
        requestTimeoutMs: 30_000,
        keepAliveTimeoutMs: 15_000,
        maxHeaderBytes: 16_384,
        maxConnections: 2000,
        maxRequestsPerConnection: 100_000,
      }),
      platformNode: {
        type: 'text',
        description:
          'Process whose platform MBeans (`java.lang:*`, `java.nio:*`) the endpoint shows at `/jolokia`: an instance (`http-1`), or `management`. While it is down, none are shown. Default: the first instance. `/jolokia/node/NAME` shows those of any process.',
      },
    },
  },
  agent: {
    type: 'section',
    description: 'What the agent in each instance records.',
    applies: 'reload',
    readBy: ['instances'],
    settings: agentSettings,
  },
  collector: {
    type: 'section',
    kind: 'collector',
    description: 'The collector.',
    applies: 'restart',
    readBy: ['collector'],
    settings: collectorSettings,
  },
  store: {
    type: 'section',
    kind: 'store',
    description: 'The store.',
    applies: 'restart',
    readBy: ['store'],
    settings: storeSettings,
  },
  retention: {
    type: 'section',
    kind: 'store',
    description: 'How long data is kept.',
    applies: 'restart',
    readBy: ['store', 'collector'],
    settings: retentionSettings,
  },
  console: {
    type: 'section',
    description: 'The console.',
    applies: 'restart',
    readBy: ['collector'],
    settings: {
      host: host('Address of the console, which requires the user and password from secrets.yaml.'),
      port: port(defaultPorts.console, 'Port of the console and the query API.'),
      ...ownPortSettings('collector', {
        requestTimeoutMs: 15_000,
        keepAliveTimeoutMs: 30_000,
        maxHeaderBytes: 16_384,
        maxConnections: 2000,
        maxRequestsPerConnection: 10_000,
      }),
      publicUrl: { type: 'url', description: 'Public URL of the console, used for links in pages.' },
    },
  },
  alerting: {
    type: 'section',
    kind: 'alert',
    description: 'Alert rules and who is paged.',
    applies: 'restart',
    readBy: ['collector'],
    settings: alertingSettings,
  },
  snmp: {
    type: 'section',
    kind: 'snmpAgent',
    description: 'The SNMP bridge.',
    applies: 'restart',
    readBy: ['snmp-bridge'],
    settings: snmpSettings,
  },
})

export type SpyglassConfig = ConfigOf<typeof spyglassSettings>
export type ListenerConfig = SpyglassConfig['listeners'][number]
export type HostConfig = SpyglassConfig['hosts'][number]
export type ApplicationConfig = SpyglassConfig['applications'][number]
export type DatasourceConfig = SpyglassConfig['datasources'][number]
export type RealmConfig = SpyglassConfig['realms'][number]
export type SessionConfig = SpyglassConfig['sessions'][number]
export type WorkerPoolConfig = SpyglassConfig['workerPools'][number]
export type JobsConfig = SpyglassConfig['jobs'][number]
export type RateLimitConfig = SpyglassConfig['rateLimits'][number]
export type CacheConfig = SpyglassConfig['caches'][number]
export type MailServerConfig = SpyglassConfig['mailServers'][number]
export type RedisServerConfig = SpyglassConfig['redisServers'][number]
export type HttpClientConfig = SpyglassConfig['httpClients'][number]
/** A receiver of pages. */
export type ReceiverConfig = SpyglassConfig['alerting']['receivers'][number] & {
  /** Addresses that a command set, not the file: they must not lead to internal targets. Derived, and no setting. */
  readonly guarded?: readonly ('url' | 'proxy')[]
}
export type TrapTargetConfig = SpyglassConfig['snmp']['trapTargets'][number]
