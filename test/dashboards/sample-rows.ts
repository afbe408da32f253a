import { bucketIndex } from '@spyglass/agent/contract'

/** Rows of one minute, written by hand: a slow request with two statements, a request that still runs, an exhausted pool. */
export const MINUTE = Date.UTC(2026, 9, 1, 10, 0, 0)
export const at = (ms: number): string => new Date(MINUTE + ms).toISOString().replace('T', ' ').replace('Z', '')

const resource = `map('service.instance.id', 'http-1')`
const holder = `[{"connection":1,"heldMs":12000,"route":"GET /leak","traceId":"t1","statement":"SELECT 1","location":"src/leak.ts:7","leaked":true,"stack":[]}]`

const red = (batch: string, requests: number, errors: number, buckets: string) =>
  `('${at(0)}', 'shop', 'http-1', 'GET /slow', 'Server', 'Unset', '${batch}', ${requests}, ${errors}, 1000000000, 500000000, ${buckets})`

const span = (values: { id: string; parent: string; name: string; kind: string; ms: number; attributes: string }) =>
  `('${at(1000)}', 't1', '${values.id}', '${values.parent}', '${values.name}', '${values.kind}', 'shop', ${resource}, map(${values.attributes}), ${values.ms * 1e6}, 'Unset')`

const statement = (line: number) =>
  `'db.system.name', 'sqlite', 'db.query.text', 'SELECT ${line}', 'spyglass.sql.digest', 'd1', 'code.file.path', 'src/slow.ts', 'code.line.number', '${line}'`

const own = (name: string, value: number, ms = 2000) => `('shop', ${resource}, '${name}', map('process', 'http-1'), '${at(ms)}', ${value})`

const gauge = (name: string, value: number, ms = 2000) =>
  `('shop', ${resource}, '${name}', map('instance', 'http-1', 'db.client.connection.pool.name', 'shop'), '${at(ms)}', ${value})`

/** Requests of a version, all of about the same duration. */
export const released = (service: string, version: string, row: { minute: number; requests: number; ms: number }): string => {
  const { minute, requests, ms } = row
  const values = [at(minute * 60_000), service, 'http-1', 'GET /cart', 'Server', 'Unset', 'b3', version]
    .map((value) => `'${value}'`)
    .join(', ')
  return `(${values}, ${requests}, 0, ${requests * ms * 1e6}, ${ms * 1e6}, map(${bucketIndex(ms / 1000)}, ${requests}))`
}
export const RED_COLUMNS =
  'Minute, ServiceName, Instance, SpanName, SpanKind, StatusCode, Batch, Version, Requests, Errors, DurationSum, DurationMax, Buckets'

export const sampleInserts: readonly string[] = [
  `INSERT INTO red_1m (Minute, ServiceName, Instance, SpanName, SpanKind, StatusCode, Batch, Requests, Errors, DurationSum, DurationMax, Buckets)
   VALUES ${red('b1', 9990, 9, 'map(-54, 9990)')}, ${red('b2', 10, 1, 'map(-10, 10)')}`,
  `INSERT INTO sql_1m (Minute, ServiceName, Instance, DbSystem, Pool, Digest, Operation, Batch, Statement, Calls, Errors, DurationSum, DurationMax, Buckets)
   VALUES ('${at(0)}', 'shop', 'http-1', 'sqlite', 'shop', 'd1', 'SELECT', 'b1', 'SELECT ?', 100, 2, 5000000000, 500000000, map(-54, 99, -10, 1))`,
  `INSERT INTO errors_1m (Minute, ServiceName, Instance, Fingerprint, Version, Batch, Type, Message, Location, Function, Errors) VALUES
   ('${at(-86_400_000)}', 'shop', 'http-1', 'f1', '1.0', 'b0', 'TypeError', 'order ? is gone', 'src/orders.ts:40', 'load', 2),
   ('${at(0)}', 'shop', 'http-1', 'f1', '1.1', 'b1', 'TypeError', 'order ? is gone', 'src/orders.ts:41', 'load', 30),
   ('${at(0)}', 'shop', 'http-1', 'f1', '1.1', 'b2', 'TypeError', 'order ? is gone', 'src/orders.ts:41', 'load', 4),
   ('${at(0)}', 'shop', 'http-1', 'f2', '1.1', 'b1', '503', 'GET /x was answered 503', '', '', 1)`,
  `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, ResourceAttributes, SpanAttributes, Duration, StatusCode) VALUES
   ('${at(5000)}', 't9', 's9', 'nightly', 'Internal', 'shop', ${resource}, map('spyglass.error.fingerprint', 'f1'), 3000000, 'Error')`,
  `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName, ResourceAttributes, SpanAttributes, Duration, StatusCode) VALUES
   ${span({ id: 's1', parent: '', name: 'GET /slow', kind: 'Server', ms: 5000, attributes: `'spyglass.partial', 'true'` })},
   ${span({ id: 's1', parent: '', name: 'GET /slow', kind: 'Server', ms: 7000, attributes: `'http.response.status_code', '200', 'spyglass.keep.reason', 'slow', 'spyglass.verdict', 'Statement SELECT 34 at src/slow.ts:34, 6 % of the time.'` })},
   ${span({ id: 's2', parent: 's1', name: 'SELECT shop', kind: 'Client', ms: 40, attributes: statement(12) })},
   ${span({ id: 's3', parent: 's1', name: 'SELECT shop', kind: 'Client', ms: 400, attributes: statement(34) })}`,
  `INSERT INTO otel_traces_trace_id_ts (TraceId, Start, End) VALUES ('t1', '${at(1000)}', '${at(8000)}')`,
  `INSERT INTO otel_logs (Timestamp, TraceId, SpanId, SeverityText, ServiceName, Body, ResourceAttributes, LogAttributes)
   VALUES ('${at(1500)}', 't1', 's1', 'WARN', 'shop', 'the pool 连接池 is slow', ${resource}, map('code', 'SPY_X'))`,
  `INSERT INTO otel_metrics_gauge (ServiceName, ResourceAttributes, MetricName, Attributes, TimeUnix, Value) VALUES
   ${gauge('spyglass.datasource.active_connections', 8)}, ${gauge('spyglass.datasource.idle_connections', 0)},
   ${own('nodejs.eventloop.delay.p99', 0.7)}, ${own('spyglass.v8_heap.used', 9e8)}, ${own('spyglass.v8_heap.limit', 1e9)},
   ${gauge('db.client.connection.max', 8)}, ${gauge('db.client.connection.pending_requests', 3)}, ${gauge('spyglass.datasource.leaked_now', 1)}`,
  `INSERT INTO otel_metrics_sum (ServiceName, ResourceAttributes, MetricName, Attributes, TimeUnix, Value) VALUES
   ${own('spyglass.v8_heap.gc_time', 90, 1000)}, ${own('spyglass.v8_heap.gc_time', 5, 2000)}, ${own('spyglass.v8_heap.gc_time', 30, 3000)}`,
  `INSERT INTO events (Time, Name, IncidentId, Phase, Severity, Resource, ServiceName, Instance, Message, Holders) VALUES
   ('${at(3000)}', 'spyglass.pool.exhausted', 'i1', 'raise', 'critical', 'spyglass:type=Datasource,instance=http-1,name=shop', 'shop', 'http-1', 'exhausted', '${holder}'),
   ('${at(4000)}', 'spyglass.instance.down', 'i2', 'raise', 'critical', 'spyglass:type=Instance,name=http-1', 'spyglass', 'keeper', 'down', '')`,
]

/** What rules look for that compare times: pools and heaps that fill, and counters of what is refused. */
export const trendInserts: readonly string[] = [
  `INSERT INTO otel_metrics_gauge (ServiceName, ResourceAttributes, MetricName, Attributes, TimeUnix, Value) VALUES
   ${own('spyglass.v8_heap.used', 4e8, -3_000_000)}, ${own('spyglass.listener.certificate_expires_in', 90_000)}, ${gauge('spyglass.datasource.active_connections', 4, -900_000)}`,
  `INSERT INTO otel_metrics_sum (ServiceName, ResourceAttributes, MetricName, Attributes, TimeUnix, Value) VALUES
   ${['spyglass.application.refused', 'spyglass.session.refused', 'spyglass.datasource.failovers'].map((name) => `${gauge(name, 0, 1000)}, ${gauge(name, 30)}`).join(', ')}`,
]
