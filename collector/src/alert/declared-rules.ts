/**
 * Declared rules as this evaluator judges them. Rules about events are judged when an event comes, not here. What a rule says of a number
 * holds here, in Grafana and in Prometheus.
 */
import { type Condition, kindOf, type Rule, settleMsOf, type Take, unitOf, type Value, valueText } from '@spyglass/dashboards'
import type { Words } from '../words/index.ts'
import { type Measured, shown } from './measured.ts'
import { burnsOf, changesOf } from './measure-services.ts'
import type { Finding, RollupRule } from './rollup-rule.ts'
import { numberIn, type RuleValues, type Subject } from './rule-values.ts'
import { increaseOf, type SampleWindow, trendOf } from './sample-window.ts'
import type { SampleWindows } from './sample-windows.ts'

const METRICS_EVERY_MS = 10_000
const STORE_EVERY_MS = 30_000
/** Each rule is judged at least as often. */
export const RULES_EVERY_MS = STORE_EVERY_MS

type Measure = (now: number) => Promise<readonly Measured[]>

/** Undefined for a rule about an event. */
export function rollupRuleOf(rule: Rule, values: RuleValues, windows: SampleWindows): RollupRule | undefined {
  const measure = measureOf(rule.when, values, windows)
  if (!measure) return undefined
  const isHit = hitsOf(rule.when)
  return {
    name: rule.name,
    severity: rule.severity,
    everyMs: readsStore(rule.when) ? STORE_EVERY_MS : METRICS_EVERY_MS,
    forMs: rule.forMs,
    settleMs: settleMsOf(rule),
    async evaluate(_query, now) {
      const measured = await measure(now)
      return measured.flatMap((one) => (one.number !== undefined && isHit(one.number) ? [findingOf(rule, one, values.words)] : []))
    },
  }
}

/** The kinds that rules look at. */
export const kindsOf = (rules: readonly Rule[]) =>
  rules.flatMap(({ when }) => ('value' in when && when.value.of !== 'service' ? (kindOf(when.value.of) ?? []) : []))

const readsStore = (when: Condition): boolean => 'value' in when && when.value.of === 'service'

function measureOf(when: Condition, values: RuleValues, windows: SampleWindows): Measure | undefined {
  if (when.shape === 'event') return undefined
  if (when.shape === 'missing') return async () => (await values.silences(when.withinMs)).map(silence)
  if (when.shape === 'state') return async () => (await subjectsOf(when.value, 0, values)).map((subject) => stateOf(subject, when))
  if (when.shape === 'ratio')
    return async () => (await subjectsOf(when.value, when.overMs, values)).map((subject) => ratioOf(subject, when, values.words))
  if (when.shape === 'burn') return async () => await burnsOf(when, values)
  if (when.shape === 'change') return async () => await changesOf(when, values)
  const window = when.overMs === 0 ? undefined : windows.of(valueText(when.value), when.overMs)
  return async (now) => {
    const subjects = await subjectsOf(when.value, when.overMs, values)
    window?.keepOnly(new Set(subjects.map(({ resource }) => resource)))
    const moment = { window, now, words: values.words }
    return subjects.map((subject) => (when.shape === 'forecast' ? forecastOf(subject, when, moment) : thresholdOf(subject, when, moment)))
  }
}

const subjectsOf = (value: Value, overMs: number, values: RuleValues): Promise<readonly Subject[]> =>
  value.of === 'service' ? values.services(overMs) : values.ofKind(kindOf(value.of)!)

const silence = (subject: Subject): Measured => ({ subject, number: numberIn(subject, 'silentSeconds') })

function stateOf(subject: Subject, { value, is }: Extract<Condition, { shape: 'state' }>): Measured {
  const problem = subject.values['problem']
  const detail = typeof problem === 'string' && problem !== '' ? { detail: problem } : {}
  return { subject, number: is.includes(String(subject.values[value.attribute])) ? 1 : 0, ...detail }
}

function ratioOf(subject: Subject, { value, to, atLeast }: Extract<Condition, { shape: 'ratio' }>, words: Words): Measured {
  const [part, whole] = [numberIn(subject, value.attribute), numberIn(subject, to.attribute)]
  if (part === undefined || whole === undefined || whole === 0 || whole < atLeast) return { subject, number: undefined }
  const unit = unitOf(value)
  const detail = words.share(shown(part / whole, '1'), shown(part, unit), shown(whole, unit))
  return { subject, number: part / whole, detail, attributes: { [value.attribute]: part, [to.attribute]: whole } }
}

interface Moment {
  /** Undefined of a rule that looks at the present only. */
  readonly window: SampleWindow | undefined
  readonly now: number
  readonly words: Words
}

function thresholdOf(subject: Subject, when: Extract<Condition, { shape: 'threshold' }>, { window, now }: Moment): Measured {
  const { value, take, overMs, atLeast } = when
  const present = numberIn(subject, value.attribute)
  if (present === undefined || (atLeast > 0 && (numberIn(subject, 'requests') ?? 0) < atLeast)) return { subject, number: undefined }
  const samples = window && value.of !== 'service' ? window.add(subject.resource, present, now, overMs).map((one) => one.value) : [present]
  const number = takers[take](samples, overMs)
  const unit = take === 'rate' && unitOf(value) === 's' ? '1' : unitOf(value)
  return { subject, number, detail: shown(number, unit), attributes: { [value.attribute]: number } }
}

/** Its trend as a share of the limit that it has then. A line through a few samples is no trend. */
function forecastOf(subject: Subject, when: Extract<Condition, { shape: 'forecast' }>, { window, now, words }: Moment): Measured {
  const { value, to, overMs, withinMs, from } = when
  const [present, limit] = [numberIn(subject, value.attribute), numberIn(subject, to.attribute)]
  if (present === undefined || limit === undefined || limit <= 0) return { subject, number: undefined }
  const samples = window?.add(subject.resource, present, now, overMs) ?? []
  const trend = trendOf(samples, now)
  const isKnown = now - (samples[0]?.time ?? now) >= (overMs * 2) / 3
  if (!trend || !isKnown || present < from * limit) return { subject, number: undefined }
  const number = (trend.present + trend.perSecond * (withinMs / 1000)) / limit
  const leftMs = Math.max(0, ((limit - trend.present) / trend.perSecond) * 1000)
  const detail = words.forecast(shown(present / limit, '1'), leftMs)
  return { subject, number, detail, attributes: { [value.attribute]: present, [to.attribute]: limit } }
}

const takers: Readonly<Record<Take, (samples: readonly number[], overMs: number) => number>> = {
  last: (samples) => samples.at(-1) ?? 0,
  max: (samples) => Math.max(...samples),
  min: (samples) => Math.min(...samples),
  mean: (samples) => samples.reduce((sum, one) => sum + one, 0) / samples.length,
  increase: increaseOf,
  rate: (samples, overMs) => increaseOf(samples) / (overMs / 1000),
}

function hitsOf(when: Condition): (number: number) => boolean {
  if (when.shape === 'state') return (number) => number === 1
  if (when.shape === 'missing') return (number) => number * 1000 > when.silentMs
  if (when.shape === 'event') return () => false
  if (when.shape === 'forecast' || when.shape === 'burn') return (number) => number > 1
  if (when.shape === 'change') return (number) => number > when.times
  const { bound } = when
  return (number) => ('above' in bound ? number > bound.above : number < bound.below)
}

function findingOf({ name, text }: Rule, { subject, detail, attributes = {} }: Measured, words: Words): Finding {
  const said = words.ruleText(name, text).replaceAll(/\{(\w+)\}/g, (_, label: string) => subject.labels[label] ?? '')
  return {
    resource: subject.resource,
    summary: detail === undefined ? said : words.measured(said, detail),
    attributes: { ...subject.labels, ...attributes, ...instancesIn(subject) },
  }
}

/** Of a service those that serve it: it is no news of its own while all of them are down. */
function instancesIn({ values: { instances } }: Subject): Finding['attributes'] {
  if (!Array.isArray(instances) || instances.length === 0) return {}
  return { instances: instances.map((id) => String(id).split('@', 1)[0]).join(',') }
}
