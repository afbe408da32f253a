/** What failed, or was slow, in the service of an incident, and how bad the number of its rule is against what is usual. */
import type { Rule } from '@spyglass/dashboards'
import type { PageUsual } from '../notify/index.ts'
import { numberOf, type QueryClient, type Row, textOf, timeParameter } from '../query/index.ts'
import { keyOf } from './event-source.ts'
import type { Incident, ServiceEvidence } from './incident.ts'
import { isServiceOf } from './service-of.ts'
import { type Signal, signalOf } from './signal.ts'

type Asked = Pick<Incident, 'resource' | 'since'>

export interface ServiceEvidenceOptions {
  readonly query: Pick<QueryClient, 'rows'>
  readonly rule: Rule | undefined
  readonly now: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** Rules over services look at as much. */
const BEFORE_MS = 5 * MINUTE_MS
const MAX_SERVICES = 1000
const MAX_ROUTES = 200
const MAX_SHOWN = 5
const MAX_TEXT = 300
/** Fewer minutes say nothing of what is usual. */
const MIN_BEFORE = 5

/** @throws SPY_QUERY_… */
export async function serviceEvidence(asked: Asked, options: ServiceEvidenceOptions): Promise<Pick<Incident, 'service' | 'usual'>> {
  const name = await serviceOf(asked, options)
  const [service, usual] = await Promise.all([name === '' ? undefined : evidenceOf(name, asked, options), usualOf(name, asked, options)])
  return { ...(service ? { service } : {}), ...(usual ? { usual } : {}) }
}

async function serviceOf({ resource, since }: Asked, { query, now }: ServiceEvidenceOptions): Promise<string> {
  if (keyOf(resource, 'type') === 'Service') return keyOf(resource, 'name')
  const parameters = { from: timeParameter(since - HOUR_MS), to: timeParameter(now), service: '', limit: MAX_SERVICES }
  const rows = await query.rows('services', { parameters })
  return textOf(rows.find((row) => isServiceOf(row, resource))?.['service'])
}

async function evidenceOf(
  name: string,
  { since }: Asked,
  { query, rule, now }: ServiceEvidenceOptions,
): Promise<ServiceEvidence | undefined> {
  const parameters = { from: timeParameter(floorMinute(since - BEFORE_MS)), to: timeParameter(now), service: name, limit: MAX_SHOWN }
  const [routes, errors, statements] = await Promise.all([
    query.rows('red-totals', { parameters: { ...parameters, limit: MAX_ROUTES } }),
    query.rows('errors', { parameters: { ...parameters, step: 3600 } }),
    isAboutErrors(rule) ? [] : query.rows('slow-statements', { parameters }),
  ])
  const found = { name, routes: worstOf(routes), exceptions: errors.map(exceptionOf), statements: statements.map(statementOf) }
  const isEmpty = found.exceptions.length === 0 && found.statements.length === 0 && found.routes.length === 0
  return isEmpty ? undefined : found
}

/** A statement does not explain an error, which has a place of its own. */
const isAboutErrors = (rule: Rule | undefined): boolean =>
  rule !== undefined && 'value' in rule.when && rule.when.value.attribute.startsWith('error')

/** Those that failed most; if none has failed, the slowest. */
function worstOf(rows: readonly Row[]): ServiceEvidence['routes'] {
  const failing = rows.filter((row) => numberOf(row['errors']) > 0)
  const key = failing.length > 0 ? 'errors' : 'p95'
  return (failing.length > 0 ? failing : rows)
    .toSorted((a, b) => numberOf(b[key]) - numberOf(a[key]))
    .slice(0, MAX_SHOWN)
    .map((row) => ({
      route: textOf(row['route']),
      requests: numberOf(row['requests']),
      errors: numberOf(row['errors']),
      p95Ms: numberOf(row['p95']),
    }))
}

const exceptionOf = (row: Row): ServiceEvidence['exceptions'][number] => ({
  type: textOf(row['type']),
  message: textOf(row['message']).slice(0, MAX_TEXT),
  location: textOf(row['location']),
  count: numberOf(row['errors']),
  traceId: textOf(row['traceId']),
})

const statementOf = (row: Row): ServiceEvidence['statements'][number] => ({
  statement: textOf(row['statement']).slice(0, MAX_TEXT),
  location: textOf(row['location']),
  calls: numberOf(row['calls']),
  totalMs: numberOf(row['totalMs']),
})

async function usualOf(
  service: string,
  { resource, since }: Asked,
  { query, rule, now }: ServiceEvidenceOptions,
): Promise<PageUsual | undefined> {
  const from = floorMinute(since - HOUR_MS)
  const signal = await signalOf({ query, rule, resource, service, from, to: now, stepSeconds: 60 })
  return signal && usualIn(signal, since)
}

/** Against the hour before it began. Undefined where too little is known of that. */
export function usualIn({ unit, times, series, threshold }: Signal, since: number): PageUsual | undefined {
  const [first] = series
  const points = times.map((time, i) => ({ time, value: first?.values[i] ?? undefined }))
  const known = points.flatMap(({ time, value }) => (value === undefined ? [] : [{ time, value }]))
  const begin = floorMinute(since)
  const before = known.filter(({ time }) => time < begin).map(({ value }) => value)
  const present = known.findLast(({ time }) => time >= begin)?.value
  if (!first || before.length < MIN_BEFORE) return undefined
  return {
    what: first.label,
    unit,
    ...(present === undefined ? {} : { now: present }),
    usual: before.toSorted((a, b) => a - b)[Math.floor(before.length / 2)] ?? 0,
    ...(threshold ? { limit: threshold.value } : {}),
  }
}

const floorMinute = (ms: number): number => ms - (ms % MINUTE_MS)
