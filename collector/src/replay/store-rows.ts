/** A recording as rows of the store: the statements that insert what the agent and the collector would have written. */
import { attr, bucketIndex, DATABASE, events, isMetric, otelNameOf, type ResourceSnapshot } from '@spyglass/agent/contract'
import { kindOf, type Recording } from '@spyglass/dashboards'
import { instanceIdOf, resourcesAt, type Slice, sliceOf } from './recorded-state.ts'
import { timeParameter } from '../query/index.ts'
import { stringLiteral as quote } from '../store/sql-literal.ts'

/** How often an agent exports its metrics. */
const EXPORT_EVERY_MS = 10_000
const MINUTE_MS = 60_000

/** Metrics and events of the whole recording, whose time 0 is `baseMs`. */
export function metricInserts(recording: Recording, baseMs: number): readonly string[] {
  const points: Point[] = []
  for (let atMs = 0; atMs <= recording.lastsMs; atMs += EXPORT_EVERY_MS)
    points.push(...resourcesAt(recording, atMs).flatMap((resource) => pointsOf(resource, baseMs + atMs)))
  const byTable = Map.groupBy(points, ({ table }) => table)
  const metrics = [...byTable].map(([table, own]) =>
    insert(
      table,
      METRIC_COLUMNS,
      own.map(({ row }) => row),
    ),
  )
  return [...metrics, ...eventInserts(recording, baseMs)]
}

/** Requests that came after one time of the recording and until another, a row for each minute and route. */
export function requestInserts(
  recording: Recording,
  baseMs: number,
  range: { readonly fromMs: number; readonly toMs: number },
): readonly string[] {
  const rows: string[] = []
  for (let fromMs = range.fromMs; fromMs < range.toMs;) {
    const toMs = Math.min(range.toMs, Math.floor(fromMs / MINUTE_MS + 1) * MINUTE_MS)
    const slices = recording.routes.map((route) => sliceOf(route, fromMs, toMs))
    rows.push(
      ...slices.filter(({ requests }) => requests.length > 0).map((slice) => requestRow(slice, { minuteMs: baseMs + fromMs, batch: toMs })),
    )
    fromMs = toMs
  }
  return rows.length === 0 ? [] : [insert('red_1m', REQUEST_COLUMNS, rows)]
}

/** When the first request came. */
export const firstRequestMs = ({ routes }: Recording): number =>
  Math.min(0, ...routes.flatMap(({ phases }) => phases.map(({ atMs }) => atMs)))

interface Point {
  readonly table: string
  readonly row: string
}

const METRIC_COLUMNS = 'ServiceName, ResourceAttributes, MetricName, Attributes, TimeUnix, Value'
const REQUEST_COLUMNS =
  'Minute, ServiceName, Instance, SpanName, SpanKind, StatusCode, Batch, Requests, Errors, DurationSum, DurationMax, Buckets'
const EVENT_COLUMNS = 'Time, Name, IncidentId, Phase, Severity, Resource, Message'

function pointsOf({ kind: kindName, keys, values }: ResourceSnapshot, timeMs: number): readonly Point[] {
  const kind = kindOf(kindName)
  if (!kind) return []
  const process = keys['instance'] ?? keys['process'] ?? keys['name'] ?? ''
  const named = Object.entries(keys).map(([key, value]) => [kind.attributes[key]?.otel ?? key, value] as const)
  return Object.entries(values).flatMap(([attribute, value]) => {
    const declared = kind.attributes[attribute]
    if (!declared || !isMetric(kind, attribute)) return []
    const row = [
      quote(process.replace(/-\d+$/, '')),
      mapText([[attr.serviceInstanceId, instanceIdOf(process)]]),
      quote(otelNameOf(kind, attribute)),
      mapText([...named, ...Object.entries(declared.otelAttributes ?? {}).map(([key, text]) => [key, text] as const)]),
      quote(timeParameter(timeMs)),
      String(Number(value)),
    ]
    return [{ table: declared.role === 'counter' ? 'otel_metrics_sum' : 'otel_metrics_gauge', row: `(${row.join(', ')})` }]
  })
}

function requestRow(
  { service, route, instance, requests, errors }: Slice,
  { minuteMs, batch }: { minuteMs: number; batch: number },
): string {
  const nanos = requests.map(({ seconds, count }) => seconds * count * 1e9).reduce((sum, one) => sum + one, 0)
  const most = Math.max(...requests.map(({ seconds }) => seconds)) * 1e9
  const buckets = requests.map(({ seconds, count }) => `${bucketIndex(seconds)}, ${count}`).join(', ')
  const names = [service, instanceIdOf(instance), route, 'Server', 'Unset', String(batch)].map(quote).join(', ')
  const minute = new Date(Math.floor(minuteMs / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 19).replace('T', ' ')
  const count = requests.reduce((sum, one) => sum + one.count, 0)
  return `(${quote(minute)}, ${names}, ${count}, ${errors}, ${Math.round(nanos)}, ${Math.round(most)}, map(${buckets}))`
}

function eventInserts(recording: Recording, baseMs: number): readonly string[] {
  const rows = recording.events.map(({ atMs, name, resource }) => {
    const { phase, severity } = events[name]
    return `(${[timeParameter(baseMs + atMs), name, `${resource} ${phase}`, phase, severity, resource, 'recorded'].map(quote).join(', ')})`
  })
  return rows.length === 0 ? [] : [insert('events', EVENT_COLUMNS, rows)]
}

const insert = (table: string, columns: string, rows: readonly string[]): string =>
  `INSERT INTO ${DATABASE}.${table} (${columns}) VALUES ${rows.join(', ')}`

const mapText = (entries: readonly (readonly [string, string])[]): string => `map(${entries.flat().map(quote).join(', ')})`
