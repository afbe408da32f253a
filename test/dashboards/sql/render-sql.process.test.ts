import { type ApiQueryName, apiQueries, apiSql, grafanaSql, parametersOf } from '@spyglass/dashboards'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bucketIndex, bucketMiddle } from '@spyglass/agent/contract'
import { bucketArrays, quantileMs } from '../../../dashboards/src/sql/quantile.ts'
import { type ContractDatabase, openContractDatabase } from '../../support/contract-database.ts'
import { expandMacros } from '../../../dashboards/src/sql/expand-macros.ts'
import { at, MINUTE, RED_COLUMNS, released, sampleInserts } from '../sample-rows.ts'

let database: ContractDatabase
beforeAll(() => {
  database = openContractDatabase()
  sampleInserts.forEach((sql) => database.run(sql))
})
afterAll(() => database.close())

const METRIC = 'spyglass.datasource.active_connections'
const none = {
  route: '',
  keepReason: '',
  offset: 0,
  incident: 'i1',
  file: 'slow.ts',
  line: 0,
  metric: METRIC,
  instance: '',
  order: '-time',
}
const given = { from: at(30_000), to: at(600_000), service: '', limit: 10, step: 60, traceId: 't1', search: '', pool: '', ...none }

function ask(name: ApiQueryName, changed: Partial<typeof given> = {}): Record<string, unknown>[] {
  const sql = apiSql(name)
  const values: Record<string, string | number> = { ...given, from: at(0), ...changed }
  return database.query(sql, Object.fromEntries(Object.keys(parametersOf(sql)).map((key) => [key, values[key]!])))
}

test.each(apiQueries)('%s names only parameters of the API and finds the rows', (name) => {
  expect(Object.keys(given)).toEqual(expect.arrayContaining(Object.keys(parametersOf(apiSql(name)))))
  if (name !== 'release-changes') expect(ask(name)).not.toHaveLength(0) // has a test of its own
  else expect(ask(name)).toEqual([])
})

test('rates count every request, whichever batches brought it, also when the range begins within the minute', () => {
  const rows = ask('red-series', { from: at(30_000) })
  expect(rows).toMatchObject([{ time: MINUTE, requests: 10_000, errors: 10, max: 500 }])
  expect(rows[0]!['p50']).toBeCloseTo(bucketMiddle(-54) * 1000, 2)
})

test('a service that is not there has no rows', () => {
  for (const name of [
    'services',
    'red-series',
    'red-totals',
    'slow-requests',
    'kept-routes',
    'slow-statements',
    'errors',
    'pool-series',
    'log-search',
  ] as const) {
    expect(ask(name, { service: 'other' })).toEqual([])
  }
})

test('a slow request stands once, superseding its partial record, with the line of its slowest statement', () => {
  expect(ask('slow-requests')).toMatchObject([
    {
      traceId: 't1',
      spanId: 's1',
      status: '200',
      keepReason: 'slow',
      verdict: 'Statement SELECT 34 at src/slow.ts:34, 6 % of the time.',
      durationMs: 7000,
      running: 0,
      sqlCount: 2,
      statement: 'SELECT 34',
      location: 'src/slow.ts:34',
    },
  ])
})

test('of several records of one request, and of many requests, the slowest come once each, with their own statements', () => {
  const row = (traceId: string, kind: string, ms: number, attributes: string): string =>
    `(toDateTime64('${at(3_600_000)}', 9, 'UTC'), '${traceId}', '${kind}-1', 'GET /', '${kind}', 'many', ${ms}000000, map(${attributes}))`
  const records = [1, 2, 3, 4, 5].flatMap((n) => [
    row(`m${n}`, 'Server', 500, `'spyglass.partial', 'true'`),
    row(`m${n}`, 'Server', 1000 * n, `'url.path', '/${n}'`),
    row(`m${n}`, 'Client', 10 * n, `'db.system.name', 'sqlite', 'db.query.text', 'SELECT ${n}'`),
  ])
  database.run(
    `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, Duration, SpanAttributes) VALUES ${records.join(', ')}`,
  )
  const range = { from: at(3_540_000), to: at(3_660_000), service: 'many', limit: 2 }
  expect(ask('slow-requests', range)).toMatchObject([
    { traceId: 'm5', durationMs: 5000, running: 0, path: '/5', sqlCount: 1, sqlMs: 50, statement: 'SELECT 5' },
    { traceId: 'm4', durationMs: 4000, running: 0, path: '/4', sqlCount: 1, sqlMs: 40, statement: 'SELECT 4' },
  ])
  expect(ask('slow-requests', { ...range, limit: 50 })).toHaveLength(5)
})

test('requests in another order are sorted over all pages, and a partial record does not count as a fast request', () => {
  const row = (n: number, ms: number, attributes = ''): string =>
    `(toDateTime64('${at(7_200_000 + 1000 * ((n * 3) % 7))}', 9, 'UTC'), 'o${n}', 's${n}', 'GET /', 'Server', 'ordered', ${ms}000000, map(${attributes}))`
  const records = [1, 2, 3, 4, 5, 6].flatMap((n) => [row(n, 5, `'spyglass.partial', 'true'`), row(n, 100 * n)])
  database.run(
    `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, Duration, SpanAttributes) VALUES ${records.join(', ')}`,
  )
  const pages = (order: string): string[] =>
    [0, 2, 4].map((offset) =>
      ask('sorted-requests', { from: at(7_140_000), to: at(7_260_000), service: 'ordered', order, limit: 2, offset })
        .map(({ traceId, durationMs, running }) => [traceId, durationMs, running].join(' '))
        .join(', '),
    )
  expect(pages('duration')).toEqual(['o1 100 0, o2 200 0', 'o3 300 0, o4 400 0', 'o5 500 0, o6 600 0'])
  expect(pages('-duration')).toEqual(['o6 600 0, o5 500 0', 'o4 400 0, o3 300 0', 'o2 200 0, o1 100 0'])
  expect(pages('time')).toEqual(['o5 500 0, o3 300 0', 'o1 100 0, o6 600 0', 'o4 400 0, o2 200 0'])
  expect(pages('-time')).toEqual(['o2 200 0, o4 400 0', 'o6 600 0, o1 100 0', 'o3 300 0, o5 500 0'])
})

test('a trace has each span once', () => {
  expect(ask('trace-spans').map(({ spanId, durationMs }) => [spanId, durationMs])).toEqual([
    ['s1', 7000],
    ['s3', 400],
    ['s2', 40],
  ])
})

test('a trace is found before its entry in the table of trace times is stored', () => {
  database.run(`ALTER TABLE otel_traces_trace_id_ts DELETE WHERE 1 SETTINGS mutations_sync = 1`)
  expect(ask('trace-spans')).toHaveLength(3)
})

test('a statement carries the figures of every execution and the line and trace of the slowest kept one', () => {
  expect(ask('slow-statements')).toMatchObject([
    {
      digest: 'd1',
      statement: 'SELECT ?',
      calls: 100,
      errors: 2,
      totalMs: 5000,
      maxMs: 500,
      location: 'src/slow.ts:34',
      worstTraceId: 't1',
      worstMs: 400,
    },
  ])
})

test('an error has its count in the range, when it was first seen at all, and its latest kept trace', () => {
  expect(ask('errors')).toMatchObject([
    {
      fingerprint: 'f1',
      type: 'TypeError',
      message: 'order ? is gone',
      location: 'src/orders.ts:41',
      errors: 34,
      firstSeen: MINUTE - 86_400_000,
      lastSeen: MINUTE,
      versions: '1.1',
      steps: [MINUTE / 1000],
      counts: [34],
      traceId: 't9',
    },
    { fingerprint: 'f2', type: '503', errors: 1, firstSeen: MINUTE, traceId: '' },
  ])
})

test('a route that is slower in the version that serves now than in the one before is told, and one that is not is not', () => {
  const minutes = [
    released('slower', '1.0', { minute: 1, requests: 100, ms: 50 }),
    released('slower', '1.1', { minute: 2, requests: 60, ms: 80 }),
    released('faster', '1.0', { minute: 1, requests: 100, ms: 50 }),
    released('faster', '1.1', { minute: 1, requests: 100, ms: 20 }),
    released('faster', '1.1', { minute: 2, requests: 100, ms: 20 }),
    released('alike', '1.0', { minute: 1, requests: 100, ms: 50 }),
    released('alike', '1.1', { minute: 2, requests: 100, ms: 53 }),
    released('few', '1.0', { minute: 1, requests: 100, ms: 50 }),
    released('few', '1.1', { minute: 2, requests: 10, ms: 500 }),
    // rolled back: what serves now is 1.0 again
    released('back', '1.0', { minute: 1, requests: 100, ms: 50 }),
    released('back', '1.1', { minute: 2, requests: 100, ms: 500 }),
    released('back', '1.0', { minute: 3, requests: 100, ms: 50 }),
  ]
  database.run(`INSERT INTO red_1m (${RED_COLUMNS}) VALUES ${minutes.join(', ')}`)
  const told = ask('release-changes').map(({ service, version, before, since, requests, beforeRequests, ratio }) =>
    [service, version, before, since, requests, beforeRequests, Number(ratio) > 1 ? 'slower' : 'faster'].join(' '),
  )
  expect(told).toEqual([
    `slower 1.1 1.0 ${MINUTE + 120_000} 60 100 slower`,
    `faster 1.1 1.0 ${MINUTE + 60_000} 200 100 faster`,
    `back 1.0 1.1 ${MINUTE + 60_000} 200 100 faster`,
  ])
})

test('a line has the statements that kept requests ran there, with the figures of every execution', () => {
  expect(ask('line-costs', { line: 34 })).toMatchObject([
    {
      service: 'shop',
      location: 'src/slow.ts:34',
      statement: 'SELECT 34',
      kept: 1,
      keptMs: 400,
      worstTraceId: 't1',
      places: ['src/slow.ts:12', 'src/slow.ts:34'],
      calls: 100,
      errors: 2,
      totalMs: 5000,
      requestMs: 2000,
    },
  ])
  expect(ask('line-costs').map(({ location }) => location)).toEqual(['src/slow.ts:12', 'src/slow.ts:34'])
  expect(ask('line-costs', { file: 'ow.ts' })).toEqual([])
})

test('of a line that was never seen the neighbours are told, nearest first', () => {
  expect(ask('line-neighbours', { line: 33 }).map(({ location }) => location)).toEqual(['src/slow.ts:34', 'src/slow.ts:12'])
  expect(ask('line-neighbours', { file: 'lib/slow.ts', line: 1 }).map(({ location }) => location)).toEqual([
    'src/slow.ts:12',
    'src/slow.ts:34',
  ])
})

test('a pool shows its connections and who waits', () => {
  expect(ask('pool-series')).toMatchObject([
    { time: MINUTE, instance: 'http-1', pool: 'shop', active: 8, idle: 0, waiting: 3, max: 8, leaked: 1 },
  ])
  expect(ask('pool-series', { pool: 'other' })).toEqual([])
})

test('a metric is that of an instance as its resources name it, and of one of its pools', () => {
  expect(ask('metric-series', { instance: 'http-1', pool: 'shop' })).toEqual([{ time: MINUTE, value: 8 }])
  expect(ask('metric-series', { instance: 'http-2' })).toEqual([])
  expect(ask('metric-series', { instance: 'http-1', pool: 'other' })).toEqual([])
})

test('the log of an incident is that of its instance, warnings and errors first', () => {
  const row = (ms: number, severity: string, body: string, instance: string) =>
    `('${at(ms)}', '${severity}', 'logs', '${body}', map('service.instance.id', '${instance}'))`
  const rows = [
    row(20_000, 'INFO', 'a', 'http-7@9f8e7d6c'),
    row(21_000, 'ERROR', 'b', 'http-7@9f8e7d6c'),
    row(22_000, 'ERROR', 'c', 'http-8@9f8e7d6c'),
  ]
  database.run(`INSERT INTO otel_logs (Timestamp, SeverityText, ServiceName, Body, ResourceAttributes) VALUES ${rows.join(', ')}`)
  expect(ask('incident-logs', { instance: 'http-7', service: 'logs' }).map(({ body }) => body)).toEqual(['b', 'a'])
})

test('an incident has the events of all its ids', () => {
  expect(ask('incident-events', { incident: 'i2,i1' }).map(({ incidentId }) => incidentId)).toEqual(['i2', 'i1'])
})

test('Chinese text is found in log records', () => {
  expect(ask('log-search', { search: '连接池' })).toMatchObject([{ severity: 'WARN', traceId: 't1', attributes: { code: 'SPY_X' } }])
  expect(ask('log-search', { search: 'nowhere' })).toEqual([])
})

test('a quantile is within a bucket of the true one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60_000_000 }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (micros, quantile) => {
        const sorted = micros.toSorted((a, b) => a - b)
        const truth = sorted[Math.ceil(quantile * sorted.length - 1e-9) - 1]! / 1000
        const counts = new Map<number, number>()
        for (const value of micros) counts.set(bucketIndex(value / 1e6), (counts.get(bucketIndex(value / 1e6)) ?? 0) + 1)
        const literal = `CAST(map(${[...counts].flat().join(', ')}), 'Map(Int16, UInt64)')`
        const [row] = database.query(
          `SELECT ${quantileMs(quantile)} AS value FROM (SELECT ${literal} AS buckets, ${bucketArrays('buckets')})`,
        )
        const found = row!['value'] as number
        expect(Math.abs(Math.log2(found / truth))).toBeLessThan(1 / 32 + 0.001 / Math.min(truth, found))
      },
    ),
    { numRuns: 60 },
  )
})

test('a client and a server that share an id are both there, also twice; of partial records only those that nothing supersedes', () => {
  const row = (spanId: string, of: string, ms: number, attributes = ''): string => {
    const [service, kind] = of.split(' ')
    return `('${at(-3_590_000)}', 'zipkin', '${spanId}', 'call', '${kind}', '${service}', ${ms}000000, map(${attributes}))`
  }
  const partial = `'spyglass.partial', 'true'`
  const records = [
    row('a', 'web Client', 50),
    row('a', 'shop Server', 40),
    row('a', 'shop Server', 30),
    row('b', 'shop Server', 5, partial),
    row('b', 'shop Server', 6, partial),
    row('b', 'shop Client', 7),
    row('c', 'shop Server', 9, partial),
    row('c', 'shop Server', 8),
  ]
  database.run(
    `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, Duration, SpanAttributes) VALUES ${records.join(', ')}`,
  )
  const kept = ['a Client 50', 'a Server 40', 'a Server 30', 'c Server 8', 'b Client 7', 'b Server 6']
  const found = ask('trace-spans', { traceId: 'zipkin' })
  expect(found.map(({ spanId, kind, durationMs }) => [spanId, kind, durationMs].join(' '))).toEqual(kept)
  const range = { from: at(-3_600_000), to: at(-3_580_000), service: '', limit: 50 }
  expect(ask('slow-requests', range).map(({ spanId, durationMs }) => [spanId, durationMs].join(' '))).toEqual([
    'a 40',
    'a 30',
    'c 8',
    'b 6',
  ])
  const panel = database.query(
    expandMacros(grafanaSql('panel-trace'), { fromMs: 0, toMs: 0, intervalSeconds: 60, variables: { traceId: 'zipkin' } }),
  )
  expect(panel.map(({ spanID, kind, duration }) => [spanID, kind, duration].join(' '))).toEqual(kept)
})

test('a trace that begins and ends within one second, alone in its part, is found', () => {
  const moment = at(-3_599_800)
  database.run(`INSERT INTO otel_traces_trace_id_ts (TraceId, Start, End) VALUES ('short', '${moment}', '${moment}')`)
  database.run(`INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, Duration) VALUES
    ('${moment}', 'short', 'a', 'GET /', 'Server', 'shop', 1000), ('${moment}', 'short', 'b', 'SELECT', 'Client', 'shop', 500)`)
  expect(ask('trace-spans', { traceId: 'short' })).toHaveLength(2)
})
