/** The numbers that an incident is about, as a chart: which they are follows from its rule and its resource. */
import { isMetric, otelNameOf } from '@spyglass/agent/contract'
import { kindOf, type Rule, unitOf, type Value } from '@spyglass/dashboards'
import { numberOf, type QueryClient, type Row, timeParameter } from '../query/index.ts'
import { keyOf } from './event-source.ts'

export interface Signal {
  readonly title: string
  /** `ms`, `s`, `By`, `1` for a ratio; anything else is a count. */
  readonly unit: string
  /** Milliseconds since the epoch. */
  readonly times: readonly number[]
  readonly series: readonly { readonly label: string; readonly values: readonly (number | null)[] }[]
  /** In the unit of the signal. */
  readonly threshold?: { readonly label: string; readonly value: number }
}

export interface SignalQuestion {
  readonly query: Pick<QueryClient, 'rows'>
  readonly rule: Rule | undefined
  /** ObjectName. */
  readonly resource: string
  /** The service of the resource; empty when it is not known. */
  readonly service: string
  readonly from: number
  readonly to: number
  readonly stepSeconds: number
}

/** Undefined where the store has no number for it. */
export async function signalOf(question: SignalQuestion): Promise<Signal | undefined> {
  const { rule, resource } = question
  const when = rule?.when
  if (when && 'value' in when && when.shape !== 'state' && when.shape !== 'missing') {
    const found = await (when.value.of === 'service' ? ofService(question) : ofMetric(question, when.value))
    if (found) return found
  }
  if (keyOf(resource, 'type') === 'Datasource') return ofPool(question)
  return question.service === '' ? undefined : ofService(question)
}

async function ofPool(question: SignalQuestion): Promise<Signal | undefined> {
  const [pool, instance] = [keyOf(question.resource, 'name'), keyOf(question.resource, 'instance')]
  const all = await question.query.rows('pool-series', { parameters: { ...rangeOf(question), pool, service: '' } })
  const rows = all.filter((row) => nameIn(row['instance']) === instance)
  if (rows.length === 0) return undefined
  const most = Math.max(...rows.map((row) => numberOf(row['max'])))
  return {
    title: `Connections of the pool ${pool}`,
    unit: '',
    times: timesOf(rows),
    series: [seriesOf('lent', rows, 'active'), seriesOf('waiting', rows, 'waiting')],
    ...(most > 0 ? { threshold: { label: 'all connections', value: most } } : {}),
  }
}

async function ofService(question: SignalQuestion): Promise<Signal | undefined> {
  const { rule, service, resource } = question
  const name = keyOf(resource, 'type') === 'Service' ? keyOf(resource, 'name') : service
  if (name === '') return undefined
  const rows = await question.query.rows('red-series', { parameters: { ...rangeOf(question), service: name } })
  const column = rule && serviceColumn(rule)
  if (!column)
    return { title: `Requests of ${name}`, unit: '', times: timesOf(rows), series: [seriesOf('requests', rows), seriesOf('errors', rows)] }
  const bound = boundOf(rule)
  return {
    title: `${column.label} of ${name}`,
    unit: column.unit,
    times: timesOf(rows),
    series: [seriesOf(column.label, rows, column.column)],
    ...(bound === undefined ? {} : { threshold: { label: rule.name, value: bound } }),
  }
}

interface Column {
  readonly column: string
  readonly label: string
  readonly unit: string
}

function serviceColumn({ when }: Rule): Column | undefined {
  if (when.shape === 'ratio') return { column: 'errorRatio', label: 'failed requests', unit: '1' }
  if (when.shape !== 'threshold') return undefined
  const { attribute } = when.value
  return { column: attribute, label: attribute, unit: unitOf(when.value) }
}

/** Counters have no chart: their rule looks at an increase, which the raw points do not show. */
async function ofMetric(question: SignalQuestion, value: Value): Promise<Signal | undefined> {
  const { rule, resource } = question
  const when = rule?.when
  const metric = metricOf(value)
  if (metric === undefined) return undefined
  const instance = keyOf(resource, 'instance') || keyOf(resource, 'process') || keyOf(resource, 'name')
  const pool = keyOf(resource, 'type') === 'Datasource' ? keyOf(resource, 'name') : ''
  const ask = (name: string): Promise<readonly Row[]> =>
    question.query.rows('metric-series', { parameters: { ...rangeOf(question), metric: name, instance, pool } })
  const rows = await ask(metric)
  const divisor = when?.shape === 'ratio' ? metricOf(when.to) : undefined
  const shown = divisor === undefined ? rows : ratios(rows, await ask(divisor))
  if (shown.length === 0) return undefined
  const bound = rule && boundOf(rule)
  return {
    title: `${value.attribute} of ${instance}`,
    unit: divisor === undefined ? unitOf(value) : '1',
    times: timesOf(shown),
    series: [seriesOf(value.attribute, shown, 'value')],
    ...(bound === undefined ? {} : { threshold: { label: rule?.name ?? '', value: bound } }),
  }
}

function metricOf({ of, attribute }: Value): string | undefined {
  const kind = kindOf(of)
  if (!kind || !isMetric(kind, attribute) || kind.attributes[attribute]?.role === 'counter') return undefined
  return otelNameOf(kind, attribute)
}

function ratios(parts: readonly Row[], wholes: readonly Row[]): readonly Row[] {
  const byTime = new Map(wholes.map((row) => [row['time'], numberOf(row['value'])]))
  return parts.flatMap((row) => {
    const whole = byTime.get(row['time']) ?? 0
    return whole > 0 ? [{ time: row['time'], value: numberOf(row['value']) / whole }] : []
  })
}

function boundOf({ when }: Rule): number | undefined {
  if (!('bound' in when)) return undefined
  return 'above' in when.bound ? when.bound.above : when.bound.below
}

const rangeOf = ({ from, to, stepSeconds }: SignalQuestion) => ({ from: timeParameter(from), to: timeParameter(to), step: stepSeconds })
const timesOf = (rows: readonly Row[]): readonly number[] => rows.map((row) => numberOf(row['time']))

function seriesOf(label: string, rows: readonly Row[], column = label): Signal['series'][number] {
  return { label, values: rows.map((row) => (typeof row[column] === 'number' ? row[column] : null)) }
}

/** The name of an instance without its server: `shop-1` of `shop-1@9f8e7d6c`. */
export const nameIn = (serviceInstance: unknown): string => String(serviceInstance).replace(/@[0-9a-f]+$/, '')
