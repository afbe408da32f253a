/** A rule as a query of Grafana, over the tables of the store: one number column, all others are labels. */
import { isMetric, otelNameOf, type ResourceKind, snakeCase } from '@spyglass/agent/contract'
import { ruleSql, type SqlOptions } from '../sql/render-sql.ts'
import { attributeOf, kindOf } from './parse-rule.ts'
import { secondsText } from './quantity.ts'
import { cannot, type Rendering } from './rendering.ts'
import {
  type Bound,
  type Burn,
  type Changed,
  type Forecast,
  isOfService,
  type Missing,
  type Ratio,
  type Rule,
  type Take,
  type Threshold,
  type Value,
  valueText,
} from './rule.ts'

export interface GrafanaCondition {
  readonly rawSql: string
  /** Range that the query looks at. */
  readonly rangeSeconds: number
  readonly bound: Bound
  readonly for: string
}

/** Processes of the server itself have no agent: their numbers are not in the store. */
const NOT_STORED = new Set(['server', 'collector', 'store', 'snmpAgent', 'alert', 'receiver', 'push'])
/** The keeper and the process of the sessions count these, which have no agent either. */
const OF_OTHERS = new Set([
  'session.active',
  'session.maxSessions',
  'instance.restarts',
  'instance.reloads',
  'instance.replacements',
  'instance.generation',
  'instance.uptime',
])
/** Metrics come every ten seconds: the last one is no older. */
const LAST_SECONDS = 60

export function grafanaRule({ when, forMs }: Rule, options: SqlOptions): Rendering<GrafanaCondition> {
  if (when.shape === 'event') return cannot('Grafana gets no events')
  if (when.shape === 'state') return cannot('states are not in the store')
  if (when.shape === 'missing') return missingRule(when, options)
  if (when.shape === 'forecast') return forecastRule(when, forMs, options)
  if (when.shape === 'burn') return burnRule(when, forMs, options)
  if (when.shape === 'change') return changeRule(when, forMs, options)
  const condition = isOfService(when.value) ? serviceRule(when, options) : metricRule(when, options)
  return 'cannot' in condition ? condition : { rule: { ...condition.rule, bound: when.bound, for: secondsText(forMs) } }
}

type Half = Rendering<Pick<GrafanaCondition, 'rawSql' | 'rangeSeconds'>>

function missingRule({ silentMs, withinMs }: Missing, options: SqlOptions): Rendering<GrafanaCondition> {
  const rawSql = ruleSql('silent-services', {}, options)
  return { rule: { rawSql, rangeSeconds: withinMs / 1000, bound: { above: silentMs / 1000 }, for: '0s' } }
}

/** The line through the samples, as seen from now. Above 1 it crosses the limit in time. */
function forecastRule(when: Forecast, forMs: number, options: SqlOptions): Rendering<GrafanaCondition> {
  const { value, to, overMs, withinMs, from } = when
  const is = `MetricName = ${quote(nameOf(value))}`
  const [last, limit] = [taken(nameOf(value), 'last', 0), taken(nameOf(to), 'last', 0)]
  const line = `simpleLinearRegressionIf(toFloat64(TimeUnix) - toFloat64($__toTime), Value, ${is})`
  const isKnown = `minIf(TimeUnix, ${is}) <= $__toTime - toIntervalSecond(${Math.round((overMs * 2) / 3000)})`
  const ahead = `(${line}.1 * ${withinMs / 1000} + ${line}.2) / nullIf(${limit}, 0)`
  const condition = metricSql([value, to], `if(${isKnown} AND ${last} >= ${from} * ${limit}, ${ahead}, 0)`, options)
  return 'cannot' in condition
    ? condition
    : { rule: { rawSql: condition.rule, rangeSeconds: overMs / 1000, bound: { above: 1 }, for: secondsText(forMs) } }
}

/** How many times faster than each window allows; above 1 one of them fires. */
function burnRule({ value, to, objective, windows, atLeast }: Burn, forMs: number, options: SqlOptions): Rendering<GrafanaCondition> {
  const since = (ms: number): string => `Minute >= toStartOfMinute($__toTime - toIntervalSecond(${ms / 1000}))`
  const sum = (one: Value, ms: number): string => `sumIf(${BURNT[one.attribute] ?? 'NULL'}, ${since(ms)})`
  const rate = (ms: number): string => `${sum(value, ms)} / nullIf(${sum(to, ms)}, 0) / ${Number((1 - objective).toPrecision(12))}`
  const parts = windows.map(({ longMs, shortMs, factor }) => {
    const both = `ifNull(least(${rate(longMs)}, ${rate(shortMs)}), 0) / ${factor}`
    return atLeast > 0 ? `if(${sum(to, longMs)} >= ${atLeast}, ${both}, 0)` : both
  })
  const number = parts.length === 1 ? parts[0] : `greatest(${parts.join(', ')})`
  const rangeSeconds = Math.max(...windows.map(({ longMs }) => longMs)) / 1000
  return { rule: { rawSql: ruleSql('rule-burn', { number }, options), rangeSeconds, bound: { above: 1 }, for: secondsText(forMs) } }
}

/** Of a minute of the roll-up. Buckets from 0 hold what took longer than a second. */
const BURNT: Readonly<Record<string, string>> = {
  requests: 'Requests',
  errors: 'Errors',
  slow: 'arraySum(arrayMap((key, count) -> if(key >= 0, count, 0), mapKeys(Buckets), mapValues(Buckets)))',
}

function changeRule(when: Changed, forMs: number, options: SqlOptions): Rendering<GrafanaCondition> {
  const { value, overMs, againstMs, times, bound, atLeast } = when
  const number = serviceNumber(value)
  if (number === undefined) return cannot(`${valueText(value)} is not in the roll-up`)
  const seconds = { over: overMs / 1000, against: againstMs / 1000 }
  const rawSql = ruleSql('rule-change', { number, atLeast, least: bound.above, ...seconds }, options)
  return { rule: { rawSql, rangeSeconds: (overMs + againstMs) / 1000, bound: { above: times }, for: secondsText(forMs) } }
}

function serviceRule(when: Threshold | Ratio, options: SqlOptions): Half {
  const number = when.shape === 'ratio' ? `${sumOf(when.value)} / nullIf(${sumOf(when.to)}, 0)` : serviceNumber(when.value)
  if (number === undefined) return cannot(`${valueText(when.value)} is not in the roll-up`)
  return { rule: { rawSql: ruleSql('rule-service', { number, atLeast: when.atLeast }, options), rangeSeconds: when.overMs / 1000 } }
}

const SUMS: Readonly<Record<string, string>> = { requests: 'requests', errors: 'errors', slow: 'slow' }
const sumOf = ({ attribute }: Value): string => SUMS[attribute] ?? 'NULL'

function serviceNumber({ attribute }: Value): string | undefined {
  if (attribute === 'errorRatio') return 'errors / nullIf(requests, 0)'
  return SUMS[attribute] ?? (/^p\d\d$/.test(attribute) ? attribute : undefined)
}

function metricRule(when: Threshold | Ratio, options: SqlOptions): Half {
  const values = when.shape === 'ratio' ? [when.value, when.to] : [when.value]
  const take = when.shape === 'threshold' ? when.take : 'last'
  const numbers = values.map((value) => taken(nameOf(value), take, when.overMs))
  const sql = metricSql(values, numbers.join(' / nullIf(').concat(numbers.length > 1 ? ', 0)' : ''), options)
  return 'cannot' in sql ? sql : { rule: { rawSql: sql.rule, rangeSeconds: when.overMs / 1000 || LAST_SECONDS } }
}

/** `number` of each resource of the kind that these values are of. */
function metricSql(values: readonly Value[], number: string, options: SqlOptions): Rendering<string> {
  const absent = values.find((value) => !isStored(value))
  if (absent) return cannot(`${valueText(absent)} is not in the store`)
  const [value] = values as readonly [Value]
  const labels = labelsOf(kindOf(value.of)!)
  const rawSql = ruleSql(
    'rule-metric',
    {
      source: attributeOf(value)?.role === 'counter' ? 'otel_metrics_sum' : 'otel_metrics_gauge',
      number,
      gone: LAST_SECONDS,
      names: values.map((one) => quote(nameOf(one))).join(', '),
      labels: labels.map(([name, column]) => `${column} AS ${name}`).join(', '),
      labelNames: labels.map(([name]) => name),
    },
    options,
  )
  return { rule: rawSql }
}

function isStored(value: Value): boolean {
  const kind = kindOf(value.of)
  return kind !== undefined && isMetric(kind, value.attribute) && !NOT_STORED.has(value.of) && !OF_OTHERS.has(valueText(value))
}

const nameOf = ({ of, attribute }: Value): string => otelNameOf(kindOf(of)!, attribute)

const SQL: Readonly<Record<Exclude<Take, 'increase' | 'rate'>, string>> = { last: 'argMaxIf', max: 'maxIf', min: 'minIf', mean: 'avgIf' }

/** Of the points of one series. A counter that begins again at 0 has not fallen. */
function taken(name: string, take: Take, overMs: number): string {
  const is = `MetricName = ${quote(name)}`
  if (take === 'last') return `argMaxIf(Value, TimeUnix, ${is})`
  if (take !== 'increase' && take !== 'rate') return `${SQL[take]}(Value, ${is})`
  const points = `arraySort(groupArrayIf((TimeUnix, Value), ${is}))`
  const increase = `arraySum(step -> greatest(step, 0), arrayDifference(arrayMap(point -> point.2, ${points})))`
  return take === 'rate' ? `${increase} / ${overMs / 1000}` : increase
}

/** The keys of a kind, as the points have them, by the labels that Prometheus has for them. */
function labelsOf(kind: ResourceKind): readonly (readonly [label: string, column: string])[] {
  return kind.keys.flatMap((key) => {
    const { otel = key, label = snakeCase(key) } = kind.attributes[key] ?? {}
    return label === false ? [] : [[label, `Attributes[${quote(otel)}]`] as const]
  })
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
