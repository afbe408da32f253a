/** A rule as an expression of Prometheus, over the metrics that it scrapes. */
import { isMetric, isStateSet, prometheusFactor, prometheusNameOf, snakeCase } from '@spyglass/agent/contract'
import { attributeOf, kindOf } from './parse-rule.ts'
import { secondsText } from './quantity.ts'
import { cannot, type Rendering } from './rendering.ts'
import {
  type Burn,
  type Condition,
  type Forecast,
  isOfService,
  type Ratio,
  type Rule,
  type Threshold,
  type Value,
  valueText,
} from './rule.ts'
import { inStates } from './state-expr.ts'

export interface PrometheusCondition {
  readonly expr: string
  readonly for: string
}

/** Prometheus knows the requests of each process, not of each service. */
const ofProcess: Readonly<Record<string, Value>> = {
  requests: { of: 'instance', attribute: 'requests' },
  errors: { of: 'instance', attribute: 'errors' },
}

export function prometheusRule(rule: Rule): Rendering<PrometheusCondition> {
  const expr = exprOf(rule.when)
  return 'cannot' in expr ? expr : { rule: { expr: expr.rule, for: secondsText(rule.forMs) } }
}

function exprOf(when: Condition): Rendering<string> {
  if (when.shape === 'event') return cannot('Prometheus has no events')
  if (when.shape === 'missing') return cannot('Prometheus forgets a series that is not scraped any more')
  if (when.shape === 'state') return stateExpr(when.value, when.is)
  if (when.shape === 'change') return cannot('Prometheus has no durations of services')
  if (when.shape === 'forecast') return forecastExpr(when)
  if (when.shape === 'burn') return burnExpr(when)
  return numberExpr(when)
}

/** A window remembers what was removed, and its alert would outlast it: what a scrape that succeeded no longer has is left out. */
const unlessRemoved = (name: string, overMs: number): string =>
  `unless (last_over_time(${name}[${windowText(overMs)}]) unless ${name} and on (job, instance) up == 1)`

function numberExpr(when: Threshold | Ratio): Rendering<string> {
  if (when.shape === 'threshold' && isOfService(when.value)) return cannot('Prometheus has no durations of services')
  const operator = 'above' in when.bound ? '>' : '<'
  const bound = 'above' in when.bound ? when.bound.above : when.bound.below
  const [value, to] = [processValue(when.value), when.shape === 'ratio' ? processValue(when.to) : undefined]
  const missing = [value, to].find((one) => one !== undefined && !isMetricValue(one))
  if (!value || missing) return cannot(`${valueText(missing ?? when.value)} is no metric of Prometheus`)
  if (when.shape === 'threshold') {
    const number = when.take === 'increase' ? exactIncrease(nameOf(value), when.overMs) : taken(value, when.take, when.overMs)
    const expr = `${number} ${operator} ${scaled(value, bound)}`
    return { rule: when.overMs === 0 ? expr : `${expr} ${unlessRemoved(nameOf(value), when.overMs)}` }
  }
  const [of, over] = [taken(value, 'increase', when.overMs), taken(to ?? value, 'increase', when.overMs)]
  return { rule: `${of} / ${over} ${operator} ${bound}${when.atLeast > 0 ? ` and ${over} >= ${when.atLeast}` : ''}` }
}

/** Also that the series is no shorter than two thirds of the window: a line through a few samples is no trend. */
function forecastExpr({ value, to, overMs, withinMs, from }: Forecast): Rendering<string> {
  const missing = [value, to].find((one) => !isMetricValue(one))
  if (missing) return cannot(`${valueText(missing)} is no metric of Prometheus`)
  const [name, limit] = [value, to].map(nameOf)
  const isKnown = `${name} offset ${secondsText((overMs * 2) / 3)} >= 0`
  return {
    rule: `predict_linear(${name}[${windowText(overMs)}], ${withinMs / 1000}) > ${limit} and ${name} >= ${from} * ${limit} and ${isKnown}`,
  }
}

function burnExpr({ value, to, objective, windows, atLeast }: Burn): Rendering<string> {
  const [of, all] = [processValue(value), processValue(to)]
  const missing = [of, all].find((one) => !isMetricValue(one))
  if (missing) return cannot(`${valueText(missing)} is no metric of Prometheus`)
  const share = (ms: number): string => `${taken(of, 'increase', ms)} / ${taken(all, 'increase', ms)}`
  const parts = windows.map(({ longMs, shortMs, factor }) => {
    const bound = Number((factor * (1 - objective)).toPrecision(12))
    const isMuch = atLeast > 0 ? ` and ${taken(all, 'increase', longMs)} >= ${atLeast}` : ''
    return `(${share(longMs)} > ${bound} and ${share(shortMs)} > ${bound}${isMuch})`
  })
  return { rule: parts.join(' or ') }
}

function stateExpr(value: Value, is: readonly string[]): Rendering<string> {
  const kind = kindOf(value.of)
  if (!kind || !isStateSet(kind, value.attribute)) return cannot(`${valueText(value)} is no state of Prometheus`)
  const label = snakeCase(value.attribute)
  return { rule: inStates(prometheusNameOf(kind, value.attribute), label, is) }
}

const processValue = (value: Value): Value => (isOfService(value) ? (ofProcess[value.attribute] ?? value) : value)

function isMetricValue({ of, attribute }: Value): boolean {
  const kind = kindOf(of)
  return kind !== undefined && isMetric(kind, attribute)
}

const nameOf = ({ of, attribute }: Value): string => prometheusNameOf(kindOf(of)!, attribute)

const FUNCTIONS: Readonly<Record<string, string>> = {
  max: 'max_over_time',
  min: 'min_over_time',
  mean: 'avg_over_time',
  increase: 'increase',
  rate: 'rate',
}

function taken(value: Value, take: string, overMs: number): string {
  const name = nameOf(value)
  const isCounter = attributeOf(value)?.role === 'counter'
  const fn = take === 'last' || (take === 'increase' && !isCounter) ? undefined : FUNCTIONS[take]
  return fn === undefined ? name : `${fn}(${name}[${windowText(overMs)}])`
}

/**
 * `increase` makes 2 restarts 2.02 where the first scrape is not at the begin of the window, and a rule about more than 2 fires. What is exact
 * is the difference; over a counter that began again only `increase` can be had.
 */
function exactIncrease(name: string, overMs: number): string {
  const window = `${name}[${windowText(overMs)}]`
  return `((${name} - min_over_time(${window}) unless resets(${window}) > 0) or increase(${window}))`
}

/** `5m`, as people write it. */
const windowText = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000}m` : secondsText(ms))

function scaled(value: Value, bound: number): number {
  const declared = attributeOf(value)
  return declared ? Number((bound * prometheusFactor(declared)).toPrecision(12)) : bound
}
