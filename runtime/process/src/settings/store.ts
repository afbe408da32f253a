import { defaultPorts } from '@spyglass/agent/contract'
import { declareSettings } from './declaration.ts'
import { ownPortSettings } from './port.ts'
import { host, milliseconds, port } from './shapes.ts'

export const storeSettings = declareSettings({
  host: host(),
  port: port(defaultPorts.clickhouse, 'Port of the ClickHouse HTTP interface.'),
  ...ownPortSettings('store', {
    requestTimeoutMs: 60_000,
    keepAliveTimeoutMs: 30_000,
    maxHeaderBytes: 65_536,
    maxConnections: 2000,
    maxRequestsPerConnection: 0,
  }),
  readers: {
    type: 'int',
    min: 1,
    max: 16,
    default: 3,
    description:
      'Number of reader sessions, shared between clients: the last free one goes only to a client that holds none. Further queries queue.',
  },
  maxQueueLength: {
    type: 'int',
    min: 1,
    max: 1000,
    default: 32,
    description: 'Maximum number of queries that wait for a reader session; further ones get 503.',
  },
  maxMemoryBytes: {
    type: 'int',
    min: 134_217_728,
    default: 1_073_741_824,
    unit: 'By',
    description: 'Maximum memory of the engine.',
  },
  queueTimeoutMs: { ...milliseconds(5000, 'How long a query may wait for a reader session before it gets 503.'), applies: 'live' },
  queryTimeoutMs: milliseconds(30_000, 'How long a query may run, counted from when it gets a session.'),
  queryGraceMs: {
    ...milliseconds(1000, 'Grace period after the time limit; then the query is answered with code 159, whatever the engine does.'),
    applies: 'live',
  },
  queryPatienceMs: {
    ...milliseconds(
      5000,
      'How long the engine may then take to release the session; after that its process is replaced and the client is refused for a while.',
    ),
    applies: 'live',
  },
})

const days = { type: 'int', min: 1, max: 3650, unit: 'd' } as const

export const retentionSettings = declareSettings({
  telemetryDays: { ...days, default: 7, description: 'Days that traces, logs and metrics are kept, unless set individually.' },
  tracesDays: { ...days, description: 'Days that traces are kept.' },
  logsDays: { ...days, description: 'Days that log records are kept.' },
  metricsDays: { ...days, description: 'Days that metrics are kept.' },
  rollupDays: { ...days, default: 30, description: 'Days that rollups and events are kept.' },
  pinnedDays: { ...days, default: 90, description: 'Days that traces and log records linked from an alert page are kept.' },
  maxBytes: {
    type: 'int',
    min: 10_000_000,
    unit: 'By',
    attribute: 'maxBytes',
    applies: 'live',
    description: 'Maximum size of all tables; beyond it, the oldest days are dropped. Default: 20 GB, or 20 % of the disk if that is less.',
  },
})
