/** Counts every request, statement and call to another service, kept or not. Rates and quantiles come from here and nowhere else. */
import type { Frame } from '../call-site/call-site.ts'
import { attr, metric } from '../contract/telemetry.ts'
import type { AttributesInput, MetricRecord } from '../otlp/records.ts'
import type { StatementShape } from '../sql/statement-shapes.ts'
import { bucketOf, type ExponentialHistogram } from './exponential-histogram.ts'
import { AGGREGATES, type AggregateName, MAX_SERIES } from './histograms.ts'
import { type RouteLatency, RouteThresholds } from './route-thresholds.ts'
import { type SeriesKey, type SeriesState, SeriesTable } from './series-table.ts'
import { SlidingWindow } from './sliding-window.ts'

/** Databases of more systems than this count together. */
const MAX_SYSTEMS = 8

export type SeriesKeys = readonly [string, string, SeriesKey]

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
  /** The path with placeholders of one without a route; empty when that has no name either. */
  readonly template?: string
  readonly status: number
  readonly errorType?: string | undefined
  /** Application that served it, in a process that hosts several. Their routes differ, since each has its own context path. */
  readonly application?: string | undefined
}

/** Where a request counted. */
interface Outcome {
  readonly method: string
  readonly status: number
  readonly errorType: string | undefined
  readonly histogram: ExponentialHistogram
  readonly latency: RouteLatency | undefined
}

/** Errors that are one and the same. */
export interface ErrorGroup {
  /** 16 hexadecimal digits. */
  readonly fingerprint: string
  readonly type: string
  /** Its first line, with `?` for numbers and ids. */
  readonly message: string
  /** Innermost frame of the application. */
  readonly frame: Frame | undefined
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

/** Nothing for a root that is no HTTP request. */
export const knownMethod = (method: string): string => (method === '' || METHODS.has(method) ? method : '_OTHER')

export class Aggregates {
  readonly #tables: Readonly<Record<AggregateName, SeriesTable>>
  /** Statements of each system have a table of their own, so that one cannot crowd out another. */
  readonly #statements = new Map<string, SeriesTable>()
  readonly #thresholds = new Map<AggregateName, RouteThresholds>()
  readonly #requestThresholds = this.#thresholdsOf(metric.httpServerDuration)
  readonly #window = new SlidingWindow()
  readonly #startMs: number
  /** By route, the outcome of its last request: the next one is mostly alike, and needs one lookup for all its keys. */
  readonly #recent = new Map<string, Outcome>()
  requests = 0
  errors = 0
  /** Time of all requests together. */
  requestSeconds = 0

  constructor(startMs: number) {
    this.#startMs = startMs
    const tables = AGGREGATES.map(({ name }) => [name, new SeriesTable(MAX_SERIES, startMs)])
    this.#tables = Object.fromEntries(tables) as Record<AggregateName, SeriesTable>
  }

  /** Counts in a histogram. The keys tell its series apart; `describe` gives the labels of one that is new. */
  count(name: AggregateName, keys: SeriesKeys, seconds: number, describe: () => AttributesInput): void {
    this.#tables[name].at(keys, describe).record(seconds)
  }

  /** The same for a root that is no HTTP request. Returns from how many milliseconds on those with the first two keys are slow; 0: not known. */
  countRoot(name: AggregateName, keys: SeriesKeys, seconds: number, describe: () => AttributesInput): number {
    const bucket = bucketOf(seconds)
    this.#tables[name].at(keys, describe).recordIn(bucket, seconds)
    return this.#thresholdsOf(name).record(`${keys[0]} ${keys[1]}`, seconds, bucket)
  }

  /**
   * Counts a request and returns its route's own threshold in milliseconds. `status` is 0 when nothing was answered; `errorType` says why the
   * server refused it.
   */
  countRequest(request: CountedRequest, seconds: number, nowMs: number): number {
    const { status } = request
    this.requests++
    if (status >= 500) this.errors++
    this.requestSeconds += seconds
    const bucket = bucketOf(seconds)
    const { histogram, latency } = this.#outcomeOf(request)
    histogram.recordIn(bucket, seconds)
    this.#window.record(seconds, nowMs, bucket)
    latency?.recent.recordIn(bucket, seconds)
    return latency?.slowMs ?? 0
  }

  #outcomeOf(request: CountedRequest): Outcome {
    const recent = this.#recent.get(nameOf(request))
    const { method, status, errorType } = request
    return recent?.method === method && recent.status === status && recent.errorType === errorType ? recent : this.#lookUp(request)
  }

  #lookUp(request: CountedRequest): Outcome {
    const { status, errorType } = request
    const name = nameOf(request)
    const method = METHODS.has(request.method) ? request.method : '_OTHER'
    const key = errorType === undefined ? status : `${status} ${errorType}`
    const histogram = this.#tables[metric.httpServerDuration].at([name, method, key], () => requestAttributes(request, method))
    const outcome = { method: request.method, status, errorType, histogram, latency: this.#requestThresholds.of(name) }
    if (this.#recent.size >= MAX_SERIES) this.#recent.clear()
    this.#recent.set(name, outcome)
    return outcome
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
    this.count(metric.httpClientDuration, [origin, method, errorType === '' ? status : `${status} ${errorType}`], seconds, () => {
      const url = URL.parse(origin)
      return {
        [attr.httpMethod]: METHODS.has(method) ? method : '_OTHER',
        [attr.serverAddress]: url?.hostname ?? origin,
        [attr.serverPort]: url ? Number(url.port) || (url.protocol === 'https:' ? 443 : 80) : undefined,
        [attr.httpStatus]: status || undefined,
        [attr.errorType]: errorType || (status >= 400 ? String(status) : undefined),
      }
    })
  }

  /** Counts what failed; `application` is that of its request, in a process that hosts several. */
  countError({ fingerprint, type, message, frame }: ErrorGroup, seconds: number, application?: string): void {
    this.count(metric.errorDuration, [fingerprint, application ?? '', 0], seconds, () => ({
      [attr.errorFingerprint]: fingerprint,
      [attr.exceptionType]: type,
      [attr.exceptionMessage]: message,
      [attr.codeFile]: frame?.file,
      [attr.codeLine]: frame?.line,
      [attr.codeFunction]: frame?.function || undefined,
      [attr.application]: application,
    }))
  }

  /** 95th percentile of the last minute, in seconds; undefined when there was no request. */
  p95(nowMs: number): number | undefined {
    return this.#window.quantile(0.95, nowMs)
  }

  /** What was counted since the last call. */
  collect(nowMs: number): MetricRecord[] {
    for (const thresholds of this.#thresholds.values()) thresholds.update()
    this.#recent.clear() // a series that was idle for long is forgotten now
    return AGGREGATES.map((aggregate) => ({
      ...aggregate,
      points: this.#tablesOf(aggregate.name).flatMap((table) => table.collect(nowMs)),
    })).filter(({ points }) => points.length > 0)
  }

  /** Passes on the series that counted something since the last call, or with `all` those that hold anything; see SeriesTable.changes. */
  changes(all: boolean, read: (name: AggregateName, series: SeriesState, startMs: number) => void): void {
    for (const { name } of AGGREGATES) {
      for (const table of this.#tablesOf(name)) table.changes(all, (series, startMs) => read(name, series, startMs))
    }
  }

  #tablesOf(name: AggregateName): readonly SeriesTable[] {
    return name === metric.dbClientDuration ? [...this.#statements.values()] : [this.#tables[name]]
  }

  #thresholdsOf(name: AggregateName): RouteThresholds {
    let thresholds = this.#thresholds.get(name)
    if (!thresholds) this.#thresholds.set(name, (thresholds = new RouteThresholds()))
    return thresholds
  }

  #statementTable(system: string): SeriesTable {
    let table = this.#statements.get(system)
    if (!table) {
      const key = this.#statements.size < MAX_SYSTEMS ? system : ''
      table = this.#statements.get(key) ?? new SeriesTable(MAX_SERIES, this.#startMs)
      this.#statements.set(key, table)
    }
    return table
  }
}

const nameOf = ({ route, template = '' }: CountedRequest): string => route || template

function requestAttributes({ route, template, status, errorType, application }: CountedRequest, method: string): AttributesInput {
  return {
    [attr.httpMethod]: method,
    [attr.httpRoute]: route || undefined,
    [attr.urlTemplate]: route === '' ? template || undefined : undefined,
    [attr.httpStatus]: status || undefined,
    [attr.errorType]: errorType ?? (status >= 500 ? String(status) : undefined),
    [attr.application]: application,
  }
}
