/** Everything around the console, real: the store's process with rows in it, an MBean endpoint with resources, alerting, the console. */
import { mkdirSync } from 'node:fs'
import { dataFolder, type Secrets, SpyglassConfig } from '@spyglass/process/config'
import { bucketIndex, type SpyglassEvent } from '@spyglass/agent/contract'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import { jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { createLogger } from '@spyglass/process/logger'
import { createRegistry, type Registry } from '@spyglass/agent/registry'
import fastify from 'fastify'
import { type Alerting, startAlerting } from '../../../collector/src/alert/index.ts'
import { type RunningConsole, startConsole } from '../../../collector/src/console/index.ts'
import { removeFolder, startStore, type StoreProcess } from '../../support/store-process.ts'

export interface World extends AsyncDisposable {
  readonly url: string
  readonly secrets: Secrets
  readonly store: StoreProcess
  readonly registry: Registry
  readonly alerting: Alerting
  readonly console: RunningConsole
  /** Adds rows to a table of the store. */
  insert(table: string, rows: readonly object[]): Promise<void>
}

export async function startWorld(): Promise<World> {
  const store = await startStore()
  const registry = createRegistry({ kindNamed })
  const management = fastify()
  await management.register(jolokiaPlugin, { registry, agentId: 'test', version: '0.1.0' })
  await management.listen({ port: 0, host: '127.0.0.1' })
  const { port } = management.server.address() as { port: number }
  const parsed = SpyglassConfig.parse({ data: store.data, store: { port: store.port }, management: { port } })
  const config = { ...parsed, console: { ...parsed.console, port: 0 } }
  const folder = dataFolder(store.data)
  mkdirSync(folder.state, { recursive: true })
  const base = { config, secrets: store.secrets, folder, registry, logger: createLogger({ process: 'test', level: 'silent' }) }
  const alerting = await startAlerting(base)
  const running = await startConsole({
    ...base,
    alerting,
    demo: true,
    // what the process that decides does with an operation of the collector
    ask: async ({ params }, { actor }) => {
      const { name, arguments: given } = params as { name: string; arguments: Readonly<Record<string, unknown>> }
      return { result: alerting.carryOut(name.replace('alerting.', ''), { ...given, actor }) }
    },
  })
  return {
    url: `http://127.0.0.1:${running.port}`,
    secrets: store.secrets,
    store,
    registry,
    alerting,
    console: running,
    async insert(table, rows) {
      const body = rows.map((row) => JSON.stringify(row)).join('\n')
      const { status, text } = await store.own(`INSERT INTO spyglass.${table} FORMAT JSONEachRow`, { body })
      if (status !== 200) throw new Error(`insert into ${table}: ${text}`)
    },
    async [Symbol.asyncDispose]() {
      await running.stop()
      await alerting.stop()
      await management.close()
      await store.kill('SIGTERM')
      removeFolder(store.data)
    },
  }
}

const seconds = (ms: number): number => Math.floor(ms / 1000)
const timestamp = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')

export interface Minute {
  readonly time: number
  readonly route: string
  readonly requests: number
  readonly errors?: number
  readonly ms: number
}

/** Rows of red_1m: `requests` of about `ms` each. */
export function redRows(minutes: readonly Minute[], service = 'shop'): object[] {
  return minutes.map(({ time, route, requests, errors = 0, ms }, i) => ({
    Minute: seconds(time - (time % 60_000)),
    ServiceName: service,
    Instance: 'http-1',
    SpanName: route,
    SpanKind: 'Server',
    StatusCode: 'Unset',
    Batch: `test-${i}`,
    Requests: requests,
    Errors: errors,
    DurationSum: Math.round(requests * ms * 1e6),
    DurationMax: Math.round(ms * 3e6),
    Buckets: {
      [bucketIndex(ms / 1000)]: Math.ceil(requests * 0.7),
      [bucketIndex((ms * 2) / 1000)]: Math.floor(requests * 0.27),
      [bucketIndex((ms * 3) / 1000)]: requests - Math.ceil(requests * 0.7) - Math.floor(requests * 0.27),
    },
  }))
}

export interface SpanInput {
  readonly traceId: string
  readonly spanId: string
  readonly parent?: string
  readonly name: string
  readonly kind?: string
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly ms: number
  readonly failed?: boolean
  readonly attributes?: Readonly<Record<string, string>>
}

export function spanRows(spans: readonly SpanInput[]): object[] {
  return spans.map(({ traceId, spanId, parent = '', name, kind = 'Internal', start, ms, failed = false, attributes = {} }) => ({
    Timestamp: timestamp(start),
    TraceId: traceId,
    SpanId: spanId,
    ParentSpanId: parent,
    SpanName: name,
    SpanKind: kind,
    ServiceName: 'shop',
    ResourceAttributes: { 'service.name': 'shop', 'service.instance.id': 'http-1' },
    SpanAttributes: attributes,
    Duration: Math.round(ms * 1e6),
    StatusCode: failed ? 'Error' : 'Unset',
    StatusMessage: failed ? 'it broke' : '',
  }))
}

export function traceTimes(spans: readonly SpanInput[]): object[] {
  const byTrace = Map.groupBy(spans, ({ traceId }) => traceId)
  return [...byTrace].map(([traceId, own]) => ({
    TraceId: traceId,
    Start: seconds(Math.min(...own.map(({ start }) => start))),
    End: seconds(Math.max(...own.map(({ start, ms }) => start + ms))) + 1,
  }))
}

export const ERROR = 'f1f1f1f1f1f1f1f1'
export const VERDICT = 'Statement SELECT * FROM orders at src/orders.js:42, 79 % of the time; unknown, 11 %.'
export const SLOW_SQL = 'SELECT * FROM orders WHERE total > ? ORDER BY created DESC'

export const PLAN = 'SCAN orders  (cost=0.00..18.50 rows=850)'

/** A slow request with a slow statement, the line that ran it, and one that failed. */
export function slowTrace(traceId: string, start: number): SpanInput[] {
  const sql = (n: number, at: number, ms: number): SpanInput => ({
    traceId,
    spanId: `${traceId.slice(0, 14)}${String(n).padStart(2, '0')}`,
    parent: `${traceId.slice(0, 14)}00`,
    name: 'SELECT orders',
    kind: 'Client',
    start: start + at,
    ms,
    attributes: {
      'db.system.name': 'sqlite',
      'db.query.text': n === 2 ? SLOW_SQL : 'SELECT name FROM customers WHERE id = ?',
      'spyglass.sql.digest': n === 2 ? 'd1d1d1d1d1d1d1d1' : 'd2d2d2d2d2d2d2d2',
      ...(n === 2 ? { 'spyglass.sql.plan': PLAN } : {}),
      'db.client.connection.pool.name': 'shop',
      'code.file.path': 'src/orders.js',
      'code.line.number': n === 2 ? '42' : '17',
      'code.stacktrace': 'loadOrders (src/orders.js:42:18)\nhandler (src/routes.js:9:3)',
    },
  })
  return [
    {
      traceId,
      spanId: `${traceId.slice(0, 14)}00`,
      name: 'GET /shop/orders',
      kind: 'Server',
      start,
      ms: 812,
      attributes: {
        'http.response.status_code': '200',
        'url.path': '/shop/orders',
        'http.request.method': 'GET',
        'spyglass.keep.reason': 'slow',
        'spyglass.verdict': VERDICT,
      },
    },
    sql(1, 6, 3.2),
    sql(2, 14, 640),
    sql(3, 700, 12),
    {
      traceId,
      spanId: `${traceId.slice(0, 14)}04`,
      parent: `${traceId.slice(0, 14)}00`,
      name: 'GET rates.example',
      kind: 'Client',
      start: start + 720,
      ms: 80,
      failed: true,
      attributes: { 'server.address': 'rates.example', 'error.type': 'ECONNRESET', 'spyglass.error.fingerprint': ERROR },
    },
  ]
}

/** Rows of sql_1m for the statements of {@link slowTrace}. */
export function sqlRows(time: number): object[] {
  const row = (digest: string, statement: string, calls: number, ms: number): object => ({
    Minute: seconds(time - (time % 60_000)),
    ServiceName: 'shop',
    Instance: 'http-1',
    DbSystem: 'sqlite',
    Pool: 'shop',
    Digest: digest,
    Operation: 'SELECT',
    Batch: 'test',
    Statement: statement,
    Calls: calls,
    Errors: 0,
    DurationSum: Math.round(calls * ms * 1e6),
    DurationMax: ms * 2e6,
    Buckets: { [bucketIndex(ms / 1000)]: calls },
  })
  return [row('d1d1d1d1d1d1d1d1', SLOW_SQL, 42, 540), row('d2d2d2d2d2d2d2d2', 'SELECT name FROM customers WHERE id = ?', 9000, 1.4)]
}

/** Rows of errors_1m: an error whose latest trace is that of {@link slowTrace}. */
export function errorRows(time: number): object[] {
  return [
    {
      Minute: seconds(time - (time % 60_000)),
      ServiceName: 'shop',
      Instance: 'http-1',
      Fingerprint: ERROR,
      Version: '1.1',
      Batch: 'test',
      Type: 'TypeError',
      Message: 'order ? is gone',
      Location: 'src/orders.ts:41',
      Function: 'load',
      Errors: 34,
    },
  ]
}

export function eventRows(events: readonly SpyglassEvent[]): object[] {
  return events.map((event) => ({
    Time: timestamp(event.time),
    Name: event.name,
    IncidentId: event.incidentId,
    Phase: event.phase,
    Severity: event.severity,
    Resource: event.resource,
    ServiceName: 'spyglass',
    Instance: 'http-1',
    Message: event.message,
    Attributes: {},
    Holders: event.holders ? JSON.stringify(event.holders) : '',
  }))
}

export function logRows(traceId: string, time: number): object[] {
  return [
    {
      Timestamp: timestamp(time),
      TraceId: traceId,
      SpanId: '',
      SeverityText: 'INFO',
      SeverityNumber: 9,
      ServiceName: 'shop',
      Body: 'orders asked for',
    },
    {
      Timestamp: timestamp(time + 700),
      TraceId: traceId,
      SpanId: '',
      SeverityText: 'WARN',
      SeverityNumber: 13,
      ServiceName: 'shop',
      Body: 'rates are old',
    },
    {
      Timestamp: timestamp(time),
      TraceId: traceId,
      SpanId: '',
      SeverityText: 'INFO',
      SeverityNumber: 9,
      ServiceName: 'shop',
      EventName: 'spyglass.profile',
      Body: 'emit (node:events:489);handler (src/routes.js:9);sortOrders (src/orders.js:50) 90000\nemit (node:events:489);handler (src/routes.js:9) 20000',
      LogAttributes: { 'spyglass.profile.ms': '110', 'spyglass.profile.of_ms': '812' },
    },
    {
      Timestamp: timestamp(time),
      TraceId: PROFILE_TRACE,
      SpanId: '',
      SeverityText: 'INFO',
      SeverityNumber: 9,
      ServiceName: 'shop',
      EventName: 'spyglass.profile',
      Body: '(idle) 40000\nspin (src/spin.js:3) 10000',
      LogAttributes: {
        'spyglass.profile.ms': '50',
        'spyglass.profile.of_ms': '1000',
        'spyglass.profile.kind': 'wall',
        'spyglass.profile.by': 'node:inspector',
      },
    },
  ]
}

/** Of a profile that somebody asked for. */
export const PROFILE_TRACE = 'c1b2c3d4e5f60718293a4b5c6d7e8f92'

/** What an instance with an exhausted pool registers. */
export function registerResources(registry: Registry, holderTraceId: string): void {
  const started = Date.now() - 3_720_000
  registry.register(
    kinds.server,
    { name: 'spyglass' },
    {
      name: () => 'spyglass',
      id: () => '5d6c',
      version: () => '0.1.0',
      nodeVersion: () => process.version,
      startTime: () => started,
      uptime: () => Date.now() - started,
      instances: () => 1,
      instancesReady: () => 1,
      restarts: () => 0,
      holderPid: () => 1,
      deciderPid: () => 2,
      notReady: () => [],
    },
  )
  registry.register(
    kinds.instance,
    { name: 'http-1' },
    {
      name: () => 'http-1',
      state: () => 'ready',
      pid: () => 4711,
      generation: () => 3,
      startTime: () => started,
      uptime: () => Date.now() - started,
      restarts: () => 1,
      reloads: () => 1,
      requests: () => 10_000,
      errors: () => 12,
      requestTime: () => 250,
      activeRequests: () => 2,
      rss: () => 96_000_000,
      cpuTime: () => 12.5,
      cpuUtilization: () => 0.23,
      requestDurationP95: () => 0.041,
      lastSeen: () => Date.now(),
      listener: () => 'http',
      isolation: () => 'own',
      lastFailure: () => undefined,
      replacements: () => 0,
      healthProblem: () => undefined,
      startProgress: () => undefined,
      lastFailureKind: () => 'none',
    },
  )
  registerPool(registry, holderTraceId)
}

function registerPool(registry: Registry, traceId: string): void {
  const holders = [1, 2].map((connection) => ({
    connection,
    heldMs: 14_000 + connection * 1000,
    route: 'GET /shop/leak',
    traceId,
    statement: 'SELECT id FROM carts WHERE open = ?',
    running: false,
    leaked: connection === 2,
    location: 'src/leak.js:12',
  }))
  registry.register(
    kinds.datasource,
    { instance: 'http-1', name: 'shop' },
    {
      instance: () => 'http-1',
      name: () => 'shop',
      state: () => 'exhausted',
      driver: () => 'sqlite',
      target: () => 'shop.db',
      minConnections: () => 1,
      maxConnections: () => 2,
      failovers: () => undefined,
      unknownCommits: () => undefined,
      members: () => undefined,
      serverConnections: () => undefined,
      activeConnections: () => 2,
      idleConnections: () => 0,
      waitingBorrowers: () => 5,
      peakActive: () => 2,
      created: () => 2,
      closed: () => 0,
      borrows: () => 9042,
      timeouts: () => 3,
      leaks: () => 1,
      reclaimed: () => 0,
      leakedNow: () => 1,
      waitP95: () => 1.2,
      useP95: () => 0.6,
      lastError: () => '',
      lastErrorTime: () => 0,
      borrowers: () => holders,
    },
  )
  for (const holder of holders) {
    registry.register(
      kinds.borrower,
      { instance: 'http-1', datasource: 'shop', connection: String(holder.connection) },
      {
        instance: () => 'http-1',
        datasource: () => 'shop',
        connection: () => holder.connection,
        held: () => holder.heldMs,
        route: () => holder.route,
        traceId: () => holder.traceId,
        statement: () => holder.statement,
        running: () => holder.running,
        leaked: () => holder.leaked,
        location: () => holder.location,
        stack: () => ['borrow (src/leak.js:12:20)', 'handler (src/routes.js:31:5)'],
      },
    )
  }
}
