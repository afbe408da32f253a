/** The API over what the store holds. Numbers of requests come from rollups, which count all of them; kept traces are examples. */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { FastifyInstance } from 'fastify'
import { numberOf, type QueryClient, type Row, type StreamingQueryClient, timeParameter } from '../query/index.ts'
import { fail } from './errors.ts'
import { sendStream } from './answers.ts'
import { holdersIn } from './incident/incident-room.ts'
import {
  limitOf,
  offsetOf,
  orderOf,
  placeOf,
  type Query,
  RANGE,
  type Range,
  rangeOf,
  SLOWEST_FIRST,
  textParameter,
  traceIdOf,
} from './parameters.ts'

const MAX_ROUTES = 200
const MAX_SERVICES = 1000
const MAX_EVENTS = 1000
const MAX_SPANS = 100_000
const MAX_LOGS = 2000
/** It reads spans and both rollups; who asks waits in a terminal. */
const LINE_TIMEOUT_MS = 60_000
/** Lines that are proposed for one that was never seen. */
const MAX_NEIGHBOURS = 5

export interface TelemetryApiOptions {
  readonly query: StreamingQueryClient
  readonly now: () => number
  /** Until when data can be read: charts end here. */
  readonly readableUntil: () => number
}

export function addTelemetryApi(app: FastifyInstance, { query, now, readableUntil }: TelemetryApiOptions): void {
  const rangeIn = (request: { query: unknown }): Range => rangeOf(request.query as Query, now())
  const listOf = async (name: 'slow-statements' | 'events' | 'services' | 'log-search', request: { query: unknown }) => {
    const range = rangeIn(request)
    const search = name === 'log-search' ? { search: textParameter(request.query as Query, 'search') } : {}
    const rows = await rowsOf(name, {
      parameters: { ...parametersOf(range, request.query as Query), limit: limitOf(request.query as Query), ...search },
    })
    return { from: range.from, to: range.to, rows }
  }

  async function rowsOf(...asked: Parameters<QueryClient['rows']>): Promise<readonly Row[]> {
    return (await query.rows(...asked)).map(withinMaximum)
  }

  app.get('/api/v1/services', { config: { parameters: [...RANGE, 'limit'] } }, (request) => listOf('services', request))
  app.get('/api/v1/slow-requests', { config: { parameters: [...RANGE, 'route', 'kept', 'order', 'limit', 'offset'] } }, async (request) => {
    const asked = request.query as Query
    const range = rangeIn(request)
    const order = orderOf(asked)
    const filter = { ...parametersOf(range, asked), route: textParameter(asked, 'route', 1000), keepReason: textParameter(asked, 'kept') }
    const [rows, routes] = await Promise.all([
      rowsOf(order === SLOWEST_FIRST ? 'slow-requests' : 'sorted-requests', {
        parameters: { ...filter, ...(order === SLOWEST_FIRST ? {} : { order }), limit: limitOf(asked), offset: offsetOf(asked) },
      }),
      query.rows('kept-routes', { parameters: { ...filter, limit: MAX_ROUTES } }),
    ])
    return {
      from: range.from,
      to: range.to,
      total: numberOf(routes[0]?.['total'] ?? 0),
      routes: routes.map(({ route, requests }) => ({ route, requests })),
      rows,
    }
  })
  app.get('/api/v1/statements', { config: { parameters: [...RANGE, 'limit'] } }, (request) => listOf('slow-statements', request))
  app.get('/api/v1/logs', { config: { parameters: [...RANGE, 'search', 'limit'] } }, (request) => listOf('log-search', request))
  app.get('/api/v1/events', { config: { parameters: [...RANGE, 'incident', 'limit'] } }, async (request) => {
    const incident = textParameter(request.query as Query, 'incident')
    if (incident !== '') return { rows: eventRows(await rowsOf('incident-events', { parameters: { incident, limit: MAX_EVENTS } })) }
    const { rows, ...range } = await listOf('events', request)
    return { ...range, rows: eventRows(rows) }
  })

  app.get('/api/v1/red', { config: { parameters: [...RANGE, 'step'] } }, async (request) => {
    const range = rangeIn(request)
    const parameters = parametersOf(range, request.query as Query)
    const [series, routes, services, releases] = await Promise.all([
      rowsOf('red-series', { parameters: { ...parameters, step: range.stepSeconds } }),
      rowsOf('red-totals', { parameters: { ...parameters, limit: MAX_ROUTES } }),
      query.rows('services', { parameters: { ...parameters, limit: MAX_SERVICES } }),
      query.rows('release-changes', { parameters: { ...parameters, limit: MAX_ROUTES } }),
    ])
    return { ...range, readableUntil: readableUntil(), total: totalOf(services, range), series, routes, mostRoutes: MAX_ROUTES, releases }
  })

  addSeries(app, { query, now, readableUntil })
  addLine(app, { query, now })
  addTrace(app, query)
}

/** What comes with counts over the range: the step of a chart is theirs as well. */
function addSeries(app: FastifyInstance, { query, now, readableUntil }: TelemetryApiOptions): void {
  app.get('/api/v1/errors', { config: { parameters: [...RANGE, 'step', 'limit'] } }, async (request) => {
    const range = rangeOf(request.query as Query, now())
    const asked = request.query as Query
    const parameters = { ...parametersOf(range, asked), step: range.stepSeconds, limit: limitOf(asked) }
    return { ...range, rows: await query.rows('errors', { parameters }) }
  })

  app.get('/api/v1/pool-series', { config: { parameters: [...RANGE, 'step', 'pool'] } }, async (request) => {
    const range = rangeOf(request.query as Query, now())
    const pool = textParameter(request.query as Query, 'pool')
    const parameters = { ...parametersOf(range, request.query as Query), step: range.stepSeconds, pool }
    return { ...range, readableUntil: readableUntil(), rows: await query.rows('pool-series', { parameters }) }
  })
}

/** What a line of an application cost, for `spyglass why`. */
function addLine(app: FastifyInstance, { query, now }: Pick<TelemetryApiOptions, 'query' | 'now'>): void {
  app.get('/api/v1/line', { config: { parameters: [...RANGE, 'file', 'line', 'limit'] } }, async (request) => {
    const asked = request.query as Query
    const range = rangeOf(asked, now())
    const parameters = { ...parametersOf(range, asked), ...placeOf(asked), limit: limitOf(asked) }
    const rows = await query.rows('line-costs', { parameters, timeoutMs: LINE_TIMEOUT_MS })
    const near =
      rows.length > 0
        ? []
        : await query.rows('line-neighbours', { parameters: { ...parameters, limit: MAX_NEIGHBOURS }, timeoutMs: LINE_TIMEOUT_MS })
    return { from: range.from, to: range.to, rows, near: near.map(({ location }) => location) }
  })
}

function addTrace(app: FastifyInstance, query: StreamingQueryClient): void {
  app.get<{ Params: { id: string } }>('/api/v1/trace/:id', async (request, reply) => {
    const traceId = traceIdOf(request.params.id)
    const logs = await logsOf(query.rows('trace-logs', { parameters: { traceId, limit: MAX_LOGS } }))
    const spans = await query.rowText('trace-spans', { parameters: { traceId, limit: MAX_SPANS } })
    const first = await spans.next()
    if (first.done && !logs.problem && logs.rows.length === 0) throw fail('SPY_CONSOLE_TRACE_NOT_FOUND', [traceId])
    return sendStream(request, reply, traceText({ traceId, logs, spans, first }))
  })
}

interface TraceLogs {
  readonly rows: readonly Row[]
  /** Why there are none, when the query failed. */
  readonly problem?: { readonly code: string; readonly message: string }
}

/** Spans are shown even without their log. */
async function logsOf(rows: Promise<readonly Row[]>): Promise<TraceLogs> {
  try {
    return { rows: await rows }
  } catch (error) {
    return { rows: [], problem: { code: codeOf(error) ?? '', message: messageOf(error) } }
  }
}

interface TraceAnswer {
  readonly traceId: string
  readonly logs: TraceLogs
  readonly spans: AsyncGenerator<Uint8Array>
  /** The start of the spans, which shows whether there are any. */
  readonly first: IteratorResult<Uint8Array>
}

/** A trace may have 100,000 spans, 49 MB: they are streamed as the store writes them. */
async function* traceText({ traceId, logs, spans, first }: TraceAnswer): AsyncGenerator<Uint8Array | string> {
  yield `{"traceId":"${traceId}","logs":${JSON.stringify(logs.rows)},"logProblem":${JSON.stringify(logs.problem ?? null)},"spans":[`
  if (!first.done) yield first.value
  yield* spans
  yield ']}'
}

function parametersOf({ from, to }: Range, query: Query): Record<string, string> {
  return { from: timeParameter(from), to: timeParameter(to), service: textParameter(query, 'service') }
}

/** A quantile is the middle of its bucket, within 2 % of the true value, so it can exceed the longest duration. */
function withinMaximum(row: Row): Row {
  const most = row['max'] ?? row['maxMs']
  if (typeof most !== 'number') return row
  const quantiles = ['p50', 'p95', 'p99'].filter((name) => typeof row[name] === 'number')
  return { ...row, ...Object.fromEntries(quantiles.map((name) => [name, Math.min(numberOf(row[name]), most)])) }
}

interface Total {
  readonly requests: number
  readonly errors: number
  readonly rate: number
  readonly p95: number
  readonly services: number
}

/** Over the whole range. Quantiles of services cannot be added: with several services the highest is shown. */
function totalOf(services: readonly Row[], { from, to }: Range): Total {
  const numbers = (column: string): number[] => services.map((row) => numberOf(row[column]))
  const sum = (column: string): number => numbers(column).reduce((total, value) => total + value, 0)
  const [requests, errors] = [sum('requests'), sum('errors')]
  return {
    requests,
    errors,
    rate: requests / Math.max(1, (to - from) / 1000),
    p95: Math.max(0, ...numbers('p95')),
    services: services.length,
  }
}

const eventRows = (rows: readonly Row[]): unknown[] => rows.map((row) => ({ ...row, holders: holdersIn(row['holders']) }))
