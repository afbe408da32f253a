/** Counts every request, statement and call to another service, kept or not. Rates and quantiles come from here and nowhere else. */
import { attr, metric } from '../contract/telemetry.ts'
import type { AttributesInput, ExponentialPoint, MetricRecord } from '../otlp/records.ts'
import type { StatementShape } from '../sql/statement-shapes.ts'
import { RouteThresholds } from './route-thresholds.ts'
import { type SeriesState, SeriesTable } from './series-table.ts'
import { SlidingWindow } from './sliding-window.ts'

const MAX_ROUTE_SERIES = 1000
const MAX_STATEMENT_SERIES = 1000
const MAX_PEER_SERIES = 500
/** Databases of more systems than this count together. */
const MAX_SYSTEMS = 8

export interface StatementCount {
  readonly shape: StatementShape
  readonly system: string
  readonly pool: string
  readonly seconds: number
  /** Empty when it succeeded. */
  readonly errorType: string
  /** Application whose request ran it, in a process that hosts several. */
  readonly application?: string | undefined
}

export interface CountedRequest {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly errorType?: string | undefined
  /** Application that served it, in a process that hosts several. Their routes differ, since each has its own context path. */
  readonly application?: string | undefined
}

export interface ClientCount {
  readonly origin: string
  readonly method: string
  readonly status: number
  readonly seconds: number
  /** Empty when there was an answer. */
  readonly errorType: string
}

/** RFC 9110 and PATCH; anything else a client may invent is `_OTHER`. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'])

const durations = <const N extends string>(name: N, description: string) =>
  ({ type: 'exponentialHistogram', name, description, unit: 's', temporality: 'delta' }) as const

/** The metrics that come from here, without their points. */
export const AGGREGATES = [
  durations(metric.httpServerDuration, 'Duration of every request that was served.'),
  durations(metric.dbClientDuration, 'Duration of every statement.'),
  durations(metric.httpClientDuration, 'Duration of every call to another service.'),
] as const
export type AggregateName = (typeof AGGREGATES)[number]['name']

export class Aggregates {
  readonly #server: SeriesTable
  readonly #client: SeriesTable
  readonly #statements = new Map<string, SeriesTable>()
  readonly #thresholds = new RouteThresholds()
  readonly #window = new SlidingWindow()
  readonly #startMs: number
  requests = 0
  errors = 0
  /** Time of all requests together. */
  requestSeconds = 0

  constructor(startMs: number) {
    this.#startMs = startMs
    this.#server = new SeriesTable(MAX_ROUTE_SERIES, startMs)
    this.#client = new SeriesTable(MAX_PEER_SERIES, startMs)
  }

  /**
   * Counts a request and returns its route's own threshold in milliseconds. `status` is 0 when nothing was answered; `errorType` says why the
   * server refused it.
   */
  countRequest(request: CountedRequest, seconds: number, nowMs: number): number {
    const { route, status } = request
    this.requests++
    if (status >= 500) this.errors++
    this.requestSeconds += seconds
    const method = METHODS.has(request.method) ? request.method : '_OTHER'
    const outcome = request.errorType === undefined ? status : `${status} ${request.errorType}`
    this.#server.at([route, method, outcome], () => requestAttributes(request, method)).record(seconds)
    this.#window.record(seconds, nowMs)
    return this.#thresholds.record(route, seconds)
  }

  countStatement({ shape, system, pool, seconds, errorType, application }: StatementCount): void {
    this.#statementTable(system)
      .at([shape.digest, application === undefined ? pool : `${pool}\n${application}`, errorType], () => ({
        [attr.dbSystem]: system,
        [attr.dbPool]: pool,
        [attr.sqlDigest]: shape.digest,
        [attr.dbQueryText]: shape.text,
        [attr.dbOperation]: shape.operation || undefined,
        [attr.errorType]: errorType || undefined,
        [attr.application]: application,
      }))
      .record(seconds)
  }

  countClient({ origin, method, status, seconds, errorType }: ClientCount): void {
    this.#client
      .at([origin, method, errorType || status], () => {
        const url = URL.parse(origin)
        return {
          [attr.httpMethod]: METHODS.has(method) ? method : '_OTHER',
          [attr.serverAddress]: url?.hostname ?? origin,
          [attr.serverPort]: url ? Number(url.port) || (url.protocol === 'https:' ? 443 : 80) : undefined,
          [attr.httpStatus]: status || undefined,
          [attr.errorType]: errorType || (status >= 400 ? String(status) : undefined),
        }
      })
      .record(seconds)
  }

  /** 95th percentile of the last minute, in seconds; undefined when there was no request. */
  p95(nowMs: number): number | undefined {
    return this.#window.quantile(0.95, nowMs)
  }

  /** What was counted since the last call. */
  collect(nowMs: number): MetricRecord[] {
    this.#thresholds.update()
    const statements = [...this.#statements.values()].flatMap((table) => table.collect(nowMs))
    const points: Readonly<Record<AggregateName, ExponentialPoint[]>> = {
      [metric.httpServerDuration]: this.#server.collect(nowMs),
      [metric.dbClientDuration]: statements,
      [metric.httpClientDuration]: this.#client.collect(nowMs),
    }
    return AGGREGATES.filter(({ name }) => points[name].length > 0).map((aggregate) => ({ ...aggregate, points: points[aggregate.name] }))
  }

  /** Passes on the series that counted something since the last call, or with `all` those that hold anything; see SeriesTable.changes. */
  changes(all: boolean, read: (name: AggregateName, series: SeriesState, startMs: number) => void): void {
    this.#server.changes(all, (series, startMs) => read(metric.httpServerDuration, series, startMs))
    this.#client.changes(all, (series, startMs) => read(metric.httpClientDuration, series, startMs))
    for (const table of this.#statements.values()) table.changes(all, (series, startMs) => read(metric.dbClientDuration, series, startMs))
  }

  #statementTable(system: string): SeriesTable {
    let table = this.#statements.get(system)
    if (!table) {
      const key = this.#statements.size < MAX_SYSTEMS ? system : ''
      table = this.#statements.get(key) ?? new SeriesTable(MAX_STATEMENT_SERIES, this.#startMs)
      this.#statements.set(key, table)
    }
    return table
  }
}

function requestAttributes({ route, status, errorType, application }: CountedRequest, method: string): AttributesInput {
  return {
    [attr.httpMethod]: method,
    [attr.httpRoute]: route || undefined,
    [attr.httpStatus]: status || undefined,
    [attr.errorType]: errorType ?? (status >= 500 ? String(status) : undefined),
    [attr.application]: application,
  }
}
