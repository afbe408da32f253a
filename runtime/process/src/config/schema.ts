/**
 * The whole of spyglass.yaml, declared once: types, validation, defaults and the reference come from it. All our
 * processes read it; the agent never does, since a parser would add 50 ms to the start of its host.
 */
import { z } from 'zod'
import { defaultPorts, LOOPBACK } from '@spyglass/agent/contract'
import { isWithinBytes, snmpUserName } from './snmp-user-name.ts'

const port = (value: number, description: string) => z.int().min(1).max(65_535).default(value).meta({ description })
const host = (description = 'Address to listen on. A non-loopback address is refused where no credentials protect it.') =>
  z.string().min(1).default(LOOPBACK).meta({ description })
const milliseconds = (value: number, description: string, min = 1, max = 86_400_000) =>
  z.int().min(min).max(max).default(value).meta({ description })
const name = (description: string) =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, - and _; at most 64')
    .meta({ description })

const Listener = z.strictObject({
  name: name('Name of the listener; instances are named after it (`http-1`).'),
  host: host('Address to listen on.'),
  port: port(defaultPorts.application, 'Port to listen on.'),
  instances: z.int().min(1).max(64).default(1).meta({ description: 'Instances that serve this listener together.' }),
})

const Application = z.strictObject({
  name: name('Name of the application.'),
  folder: z
    .string()
    .min(1)
    .meta({ description: 'Folder of the application, relative to the configuration file. Its package.json names the main module.' }),
  contextPath: z
    .string()
    .regex(/^(\/|(\/[\w.~-]+)+)$/, 'a path that starts with / and does not end with /')
    .default('/')
    .meta({ description: 'Path under which the application is deployed.' }),
  listener: z.string().default('http').meta({ description: 'Name of the listener that serves it.' }),
  environment: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Environment variables added to the instance that hosts it.' }),
  startTimeoutMs: milliseconds(30_000, 'How long the application may take to start.'),
})

const Datasource = z.strictObject({
  name: name('Name of the datasource, which applications look it up by.'),
  driver: z.enum(['sqlite']).default('sqlite').meta({ description: 'Database driver. sqlite is node:sqlite, off the main thread.' }),
  file: z
    .string()
    .min(1)
    .meta({ description: 'Database file, relative to the data folder; `:memory:` gives each connection its own in-memory database.' }),
  min: z.int().min(0).max(1000).default(1).meta({ description: 'Connections kept open when idle.' }),
  max: z.int().min(1).max(1000).default(8).meta({ description: 'Maximum number of open connections.' }),
  acquireTimeoutMs: milliseconds(5000, 'How long a borrower waits for a connection before it gets SPY_POOL_TIMEOUT.'),
  maxWaiting: z
    .int()
    .min(0)
    .max(100_000)
    .default(1000)
    .meta({ description: 'Maximum number of waiting borrowers; further ones are refused at once.' }),
  idleTimeoutMs: milliseconds(60_000, 'How long a connection above `min` may be idle before it is closed.'),
  leakAfterMs: milliseconds(
    30_000,
    'A connection held longer than this with no statement running is reported as leaked, with its borrower.',
    100,
  ),
  exhaustedAfterMs: milliseconds(
    10_000,
    'How long all connections must be lent, with borrowers waiting, before the pool counts as exhausted.',
    100,
  ),
})

const Webhook = z.strictObject({
  name: name('Name of the receiver.'),
  type: z.enum(['webhook', 'alertmanager']).default('webhook').meta({
    description: 'webhook: one JSON document per page. alertmanager: the Prometheus Alertmanager at `url`, by POST /api/v2/alerts.',
  }),
  url: z.url({ protocol: /^https?$/ }).meta({ description: 'URL that pages are posted to as JSON. Redirects are not followed.' }),
  headers: z.record(z.string(), z.string()).default({}).meta({ description: 'Headers sent with each page, for instance Authorization.' }),
  timeoutMs: milliseconds(5000, 'Timeout of one attempt.'),
})

/** RFC 3418 gives sysContact and sysLocation 255 bytes. */
const systemText = (description: string) => z.string().refine(isWithinBytes(255), 'at most 255 bytes').default('').meta({ description })

const isUsableRoot = (oid: string): boolean => {
  const numbers = oid.split('.')
  return numbers.length <= 64 && numbers.every((number) => Number(number) < 2 ** 32)
}

const TrapTarget = z.strictObject({
  host: z.string().min(1).meta({ description: 'Address of the manager.' }),
  port: port(162, 'UDP port of the manager.'),
  version: z.enum(['v2c', 'v3']).default('v2c').meta({ description: 'v2c sends traps, v3 sends authPriv informs.' }),
  community: z.string().min(1).optional().meta({ description: 'Community for v2c.' }),
  user: snmpUserName.optional().meta({ description: 'v3 user; by default the one in secrets.yaml.' }),
  authPassword: z
    .string()
    .min(8)
    .optional()
    .meta({ description: 'v3 authentication password (SHA-256); by default the one in secrets.yaml.' }),
  privPassword: z.string().min(8).optional().meta({ description: 'v3 privacy password (AES-128); by default the one in secrets.yaml.' }),
  timeoutMs: milliseconds(2000, 'How long an inform waits for its acknowledgement.'),
  retries: z.int().min(0).max(20).default(5).meta({ description: 'How many times an inform is retried.' }),
})

const days = z.int().min(1).max(3650)

export const SpyglassConfig = z.strictObject({
  server: z
    .strictObject({
      name: name('Name of this server.').default('spyglass'),
      hostNames: z
        .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i, 'a host name without port'))
        .default([])
        .meta({
          description:
            'Names this server is reached by, besides `localhost`, IP addresses, and the names in `host` and `publicUrl`. On the loopback address, requests for any other name are refused: if a proxy on this machine passes the original Host header on, list that name.',
        }),
      startPatienceMs: milliseconds(
        60_000,
        'How long a process may take to become ready, not counting time spent waiting for CPU or disk. The limit doubles with each further attempt, up to 16 times.',
        1000,
      ),
      headersTimeoutMs: milliseconds(
        10_000,
        'How long a client may take to send the headers of a request, on every HTTP port.',
        100,
        60_000,
      ),
    })
    .prefault({}),
  data: z
    .string()
    .min(1)
    .default('./spyglass-data')
    .meta({ description: 'Data folder: store, write-ahead log, logs, state, secrets. Relative to the configuration file.' }),
  portOffset: z.int().min(0).max(50_000).default(0).meta({ description: 'Added to every port.' }),
  logs: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .meta({ description: 'Level of the server log.' }),
    })
    .prefault({}),
  listeners: z
    .array(Listener)
    .min(1)
    .prefault([{ name: 'http' }]),
  applications: z.array(Application).default([]),
  datasources: z.array(Datasource).default([]),
  management: z
    .strictObject({
      host: host(),
      port: port(defaultPorts.management, 'Port of Jolokia, Prometheus and the administration API.'),
      platformNode: z.string().optional().meta({
        description:
          'Process whose platform MBeans (`java.lang:*`, `java.nio:*`) the endpoint shows at `/jolokia`: an instance (`http-1`), or `management`. While it is down, none are shown. Default: the first instance. `/jolokia/node/NAME` shows those of any process.',
      }),
    })
    .prefault({}),
  agent: z
    .strictObject({
      slowRequestMs: z.int().min(1).optional().meta({
        description: 'Traces of requests slower than this are kept. Default: the 99th percentile of each route, and at least 100 ms.',
      }),
      slowStatementMs: milliseconds(100, 'Statements slower than this count as slow.'),
      keptPerSecond: z
        .int()
        .min(1)
        .max(1000)
        .default(5)
        .meta({ description: 'Maximum number of traces one instance keeps per second; drops are counted.' }),
      baselinePerMinute: z
        .int()
        .min(0)
        .max(6000)
        .default(6)
        .meta({ description: 'Number of ordinary requests kept per minute for comparison.' }),
      metricsIntervalMs: milliseconds(10_000, 'How often aggregates and metrics are sent.', 100),
      endpoint: z
        .url({ protocol: /^https?$/ })
        .optional()
        .meta({ description: 'OTLP/HTTP endpoint; by default the collector of this server.' }),
    })
    .prefault({}),
  collector: z
    .strictObject({
      host: host(),
      otlpHttpPort: port(defaultPorts.otlpHttp, 'Port of OTLP over HTTP.'),
      allowedOrigins: z
        .array(
          z
            .string()
            .regex(
              /^https?:\/\/[a-z0-9.-]+(:\d+)?$/,
              'an origin, as https://shop.example: scheme, host in lower case, port if not the default',
            ),
        )
        .default([])
        .meta({ description: 'Origins whose pages may send telemetry from the browser (CORS).' }),
      maxBodyBytes: z
        .int()
        .min(1024)
        .max(67_108_864)
        .default(20_971_520)
        .meta({ description: 'Maximum size of an OTLP body, before and after decompression.' }),
      maxWalBytes: z
        .int()
        .min(16_777_216)
        .default(1_073_741_824)
        .meta({ description: 'Maximum size of the write-ahead log; beyond it, requests get 503 with Retry-After.' }),
      spoolFolders: z.array(z.string().min(1)).default([]).meta({
        description:
          "Folders where agents of other users on this machine keep unsent data (their SPYGLASS_SPOOL_FOLDER). The server's own spool folder and that of its user are always read.",
      }),
      unredactedServices: z.array(z.string().min(1)).default([]).meta({
        description:
          'Services whose telemetry and log lines are stored as sent: statements with their literals, secrets, query parameters. By default none.',
      }),
      sealTracesMs: milliseconds(
        1000,
        'Age at which a segment with traces is sealed. While earlier ones wait for the store, it grows instead until it is full.',
        50,
      ),
      sealOthersMs: milliseconds(5000, 'Age at which a segment without traces is sealed, likewise.', 50),
    })
    .prefault({}),
  store: z
    .strictObject({
      host: host(),
      port: port(defaultPorts.clickhouse, 'Port of the ClickHouse HTTP interface.'),
      readers: z.int().min(1).max(16).default(3).meta({
        description:
          'Number of reader sessions, shared between clients: the last free one goes only to a client that holds none. Further queries queue.',
      }),
      maxQueueLength: z
        .int()
        .min(1)
        .max(1000)
        .default(32)
        .meta({ description: 'Maximum number of queries that wait for a reader session; further ones get 503.' }),
      maxMemoryBytes: z.int().min(134_217_728).default(1_073_741_824).meta({ description: 'Maximum memory of the engine.' }),
      queueTimeoutMs: milliseconds(5000, 'How long a query may wait for a reader session before it gets 503.'),
      queryTimeoutMs: milliseconds(30_000, 'How long a query may run, counted from when it gets a session.'),
      queryGraceMs: milliseconds(
        1000,
        'Grace period after the time limit; then the query is answered with code 159, whatever the engine does.',
      ),
      queryPatienceMs: milliseconds(
        5000,
        'How long the engine may then take to release the session; after that its process is replaced and the client is refused for a while.',
      ),
    })
    .prefault({}),
  retention: z
    .strictObject({
      telemetryDays: days.default(7).meta({ description: 'Days that traces, logs and metrics are kept, unless set individually.' }),
      tracesDays: days.optional().meta({ description: 'Days that traces are kept.' }),
      logsDays: days.optional().meta({ description: 'Days that log records are kept.' }),
      metricsDays: days.optional().meta({ description: 'Days that metrics are kept.' }),
      rollupDays: days.default(30).meta({ description: 'Days that rollups and events are kept.' }),
      pinnedDays: days.default(90).meta({ description: 'Days that traces and log records linked from an alert page are kept.' }),
      maxBytes: z.int().min(10_000_000).optional().meta({
        description:
          'Maximum size of all tables; beyond it, the oldest days are dropped. Default: 20 GB, or 20 % of the disk if that is less.',
      }),
    })
    .prefault({}),
  console: z
    .strictObject({
      host: host('Address of the console, which requires the user and password from secrets.yaml.'),
      port: port(defaultPorts.console, 'Port of the console and the query API.'),
      publicUrl: z
        .url({ protocol: /^https?$/ })
        .optional()
        .meta({ description: 'Public URL of the console, used for links in pages.' }),
    })
    .prefault({}),
  alerting: z
    .strictObject({
      owner: z
        .enum(['spyglass', 'grafana', 'prometheus'])
        .default('spyglass')
        .meta({ description: 'Who sends pages; the rules of the others are shipped paused.' }),
      webhooks: z.array(Webhook).default([]),
      instanceDownAfterMs: milliseconds(15_000, 'How long an instance must be down before InstanceDown pages.', 100),
      crashesBeforePage: z
        .int()
        .min(2)
        .max(100)
        .default(3)
        .meta({ description: 'Number of crashes within crashWindowMs that pages even if the instance recovered each time.' }),
      crashWindowMs: milliseconds(600_000, 'Time window of crashesBeforePage.', 1000),
      repeatAfterMs: milliseconds(3_600_000, 'How often a reminder is sent while an alert keeps firing.', 1000),
    })
    .prefault({}),
  snmp: z
    .strictObject({
      enabled: z.boolean().default(true).meta({ description: 'Whether the SNMP bridge runs.' }),
      host: host('Address to listen on. With v2c enabled, only a loopback address is allowed.'),
      port: port(defaultPorts.snmp, 'UDP port.'),
      root: z
        .string()
        .regex(/^1\.3\.6\.1(\.\d+)+$/, 'an OID under 1.3.6.1')
        .refine(isUsableRoot, 'an OID of at most 64 numbers, each below 2^32')
        .default('1.3.6.1.4.1.8072.9999.9999')
        .meta({ description: 'OID under which SPYGLASS-MIB is rooted.' }),
      community: z.string().min(1).optional().meta({ description: 'Read-only v2c community. Without it, v2c is off.' }),
      contact: systemText('sysContact.'),
      location: systemText('sysLocation.'),
      pollIntervalMs: milliseconds(1000, 'How often the bridge polls the MBean endpoint.', 100),
      trapTargets: z.array(TrapTarget).default([]),
      notifications: z.enum(['once', 'all']).default('once').meta({
        description:
          'once: one notification per phase of an incident. all: also notifications of an alert rule about an event that was already sent.',
      }),
    })
    .prefault({}),
})

export type SpyglassConfig = z.infer<typeof SpyglassConfig>
export type ListenerConfig = z.infer<typeof Listener>
export type ApplicationConfig = z.infer<typeof Application>
export type DatasourceConfig = z.infer<typeof Datasource>
export type WebhookConfig = z.infer<typeof Webhook>
export type TrapTargetConfig = z.infer<typeof TrapTarget>
