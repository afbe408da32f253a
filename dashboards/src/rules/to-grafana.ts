/** A rule as a query of Grafana, over the tables of the store: one number column, all others are labels. */
import { isMetric, otelNameOf, type ResourceKind, snakeCase } from '@spyglass/agent/contract'
import { ruleSql, type SqlOptions } from '../sql/render-sql.ts'
import { attributeOf, kindOf } from './parse-rule.ts'
import { secondsText } from './quantity.ts'
import { cannot, type Rendering } from './rendering.ts'
import { type Bound, isOfService, type Missing, type Ratio, type Rule, type Take, type Threshold, type Value, valueText } from './rule.ts'

export interface GrafanaCondition {
  readonly rawSql: string
  /** Range that the query looks at. */
  readonly rangeSeconds: number
  readonly bound: Bound
  readonly for: string
}

/** Processes of the server itself have no agent: their numbers are not in the store. */
const NOT_STORED = new Set(['server', 'collector', 'store', 'snmpAgent', 'alert', 'receiver', 'push'])
/** The keeper counts these, which has no agent either. */
const OF_KEEPER = new Set(['instance.restarts', 'instance.reloads', 'instance.replacements', 'instance.generation', 'instance.uptime'])
/** Metrics come every ten seconds: the last one is no older. */
const LAST_SECONDS = 60

export function grafanaRule({ when, forMs }: Rule, options: SqlOptions): Rendering<GrafanaCondition> {
  if (when.shape === 'event') return cannot('Grafana gets no events')
  if (when.shape === 'state') return cannot('states are not in the store')
  if (when.shape === 'missing') return missingRule(when, options)
  const condition = isOfService(when.value) ? serviceRule(when, options) : metricRule(when, options)
  return 'cannot' in condition ? condition : { rule: { ...condition.rule, bound: when.bound, for: secondsText(forMs) } }
}

type Half = Rendering<Pick<GrafanaCondition, 'rawSql' | 'rangeSeconds'>>

function missingRule({ silentMs, withinMs }: Missing, options: SqlOptions): Rendering<GrafanaCondition> {
  const rawSql = ruleSql('silent-services', {}, options)
  return { rule: { rawSql, rangeSeconds: withinMs / 1000, bound: { above: silentMs / 1000 }, for: '0s' } }
}

function serviceRule(when: Threshold | Ratio, options: SqlOptions): Half {
  const number = when.shape === 'ratio' ? `${sumOf(when.value)} / nullIf(${sumOf(when.to)}, 0)` : serviceNumber(when.value)
  if (number === undefined) return cannot(`${valueText(when.value)} is not in the roll-up`)
  return { rule: { rawSql: ruleSql('rule-service', { number, atLeast: when.atLeast }, options), rangeSeconds: when.overMs / 1000 } }
}

const SUMS: Readonly<Record<string, string>> = { requests: 'requests', errors: 'errors' }
const sumOf = ({ attribute }: Value): string => SUMS[attribute] ?? 'NULL'

function serviceNumber({ attribute }: Value): string | undefined {
  if (attribute === 'errorRatio') return 'errors / nullIf(requests, 0)'
  return SUMS[attribute] ?? (/^p\d\d$/.test(attribute) ? attribute : undefined)
}

function metricRule(when: Threshold | Ratio, options: SqlOptions): Half {
  const values = when.shape === 'ratio' ? [when.value, when.to] : [when.value]
  const absent = values.find((value) => !isStored(value))
  if (absent) return cannot(`${valueText(absent)} is not in the store`)
  const kind = kindOf(when.value.of)!
  const isCounter = attributeOf(when.value)?.role === 'counter'
  const take = when.shape === 'threshold' ? when.take : 'last'
  const labels = labelsOf(kind)
  const numbers = values.map((value) => taken(nameOf(value), take, when.overMs))
  const rawSql = ruleSql(
    'rule-metric',
    {
      source: isCounter ? 'otel_metrics_sum' : 'otel_metrics_gauge',
      number: numbers.join(' / nullIf(').concat(numbers.length > 1 ? ', 0)' : ''),
      names: values.map((value) => quote(nameOf(value))).join(', '),
      labels: labels.map(([name, column]) => `${column} AS ${name}`).join(', '),
      labelNames: labels.map(([name]) => name),
    },
    options,
  )
  return { rule: { rawSql, rangeSeconds: when.overMs / 1000 || LAST_SECONDS } }
}

function isStored(value: Value): boolean {
  const kind = kindOf(value.of)
  return kind !== undefined && isMetric(kind, value.attribute) && !NOT_STORED.has(value.of) && !OF_KEEPER.has(valueText(value))
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
