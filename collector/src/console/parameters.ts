/** The query parameters of the API, parsed once. Every error names its parameter. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fail } from './errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Query parameters of a route of the API. Default: none. */
    readonly parameters?: readonly string[]
  }
}

export interface Range {
  /** Milliseconds since the epoch; the start of a minute, since rollups hold whole minutes. */
  readonly from: number
  readonly to: number
  readonly stepSeconds: number
}

export type Query = Readonly<Record<string, unknown>>

const MINUTE_MS = 60_000
const DEFAULT_RANGE_MS = 3_600_000
const MAX_RANGE_MS = 400 * 86_400_000
const MAX_OFFSET = 100_000
const MAX_LINE = 10_000_000
/** Approximate number of points of a chart. */
const POINTS = 240

/** Parameters of every list of the store: range and service. */
export const RANGE = ['from', 'to', 'service'] as const

/** A parameter that a route does not have would be a wish that is silently ignored (`minutes=15`): the answer is an error that names those it has. */
export function refuseUnknownParameters(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ query, routeOptions: { url = '', config } }: FastifyRequest) => {
    if (!url.startsWith('/api/')) return
    const { parameters = [] } = config
    const unknown = Object.keys(query as Query).find((name) => !parameters.includes(name))
    if (unknown === undefined) return
    throw fail('SPY_CONSOLE_PARAMETER_UNKNOWN', [unknown.slice(0, 100), url, parameters.join(', ') || 'none'])
  })
}

/** `from` and `to` in milliseconds since the epoch; by default the last hour. `step` in seconds; by default what suits a chart. */
export function rangeOf(query: Query, now: number): Range {
  const to = integerOf(query, 'to', now)
  const asked = integerOf(query, 'from', to - DEFAULT_RANGE_MS)
  if (asked >= to) throw invalid('from', 'it must be before to')
  if (to - asked > MAX_RANGE_MS) throw invalid('from', 'a range may be at most 400 days long')
  const from = asked - (asked % MINUTE_MS)
  const step = integerOf(query, 'step', niceStep((to - from) / 1000))
  if (step < 60 || step % 60 !== 0) throw invalid('step', 'a multiple of 60 seconds')
  return { from, to, stepSeconds: step }
}

/** A text parameter; empty when it is not given. */
export function textParameter(query: Query, name: string, mostLength = 200): string {
  const value = query[name] ?? ''
  if (typeof value !== 'string' || value.length > mostLength) throw invalid(name, `one text of at most ${mostLength} characters`)
  return value
}

/** `limit`, from 1 to 1000. */
export function limitOf(query: Query, byDefault = 100): number {
  const limit = integerOf(query, 'limit', byDefault)
  if (limit < 1 || limit > 1000) throw invalid('limit', 'a whole number from 1 to 1000')
  return limit
}

/** `offset`: rows to skip, at most 100,000. */
export function offsetOf(query: Query): number {
  const offset = integerOf(query, 'offset', 0)
  if (offset > MAX_OFFSET) throw invalid('offset', `a whole number up to ${MAX_OFFSET}`)
  return offset
}

/** The order of a list of requests that has its own, faster query. */
export const SLOWEST_FIRST = '-duration'
const ORDERS = ['time', '-time', 'duration', SLOWEST_FIRST]

/** `order` of a list of requests; by default the slowest first. */
export function orderOf(query: Query): string {
  const order = textParameter(query, 'order') || SLOWEST_FIRST
  if (!ORDERS.includes(order)) throw invalid('order', `one of ${ORDERS.join(', ')}`)
  return order
}

/** `file`, and the number of a `line` in it; without one, 0: any line. */
export function placeOf(query: Query): { readonly file: string; readonly line: number } {
  const file = textParameter(query, 'file', 1000)
  if (file === '') throw invalid('file', 'the path of a file of the application, or its end')
  const line = integerOf(query, 'line', 0)
  if (line > MAX_LINE) throw invalid('line', `a whole number up to ${MAX_LINE}`)
  return { file, line }
}

/** 32 hexadecimal digits. */
export function traceIdOf(text: string): string {
  if (!/^[0-9a-f]{32}$/i.test(text)) throw invalid('traceId', '32 hexadecimal digits')
  return text.toLowerCase()
}

/** The id of an incident or event; ours have 16 hexadecimal digits. */
export function incidentIdOf(text: string): string {
  if (!/^[\w-]{1,64}$/.test(text)) throw invalid('incident', '16 hexadecimal digits')
  return text
}

function integerOf(query: Query, name: string, byDefault: number): number {
  const value = query[name]
  if (value === undefined || value === '') return Math.floor(byDefault)
  if (typeof value !== 'string' || !/^\d{1,16}$/.test(value)) throw invalid(name, 'a whole number')
  return Number(value)
}

function niceStep(rangeSeconds: number): number {
  const steps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400]
  return steps.find((step) => rangeSeconds / step <= POINTS) ?? 86_400 * Math.ceil(rangeSeconds / 86_400 / POINTS)
}

const invalid = (name: string, allowed: string): Error => fail('SPY_CONSOLE_PARAMETER_INVALID', [name, allowed])
