/** The rules as Grafana and Prometheus are given them: with the same names, labels and texts. */
import { DATABASE, prometheusNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { EventRuleOptions } from '../rules/event-rules.ts'
import { renderingsOf, type Rule, settleMsOf, shippedRules } from '../rules/index.ts'
import { secondsText } from '../rules/quantity.ts'
import type { PrometheusCondition } from '../rules/to-prometheus.ts'
import { PLUGIN_VERSION } from './plugin.ts'

export interface AlertRule {
  readonly uid: string
  readonly name: string
  /** How long the condition must hold before Grafana's rule fires, as a Prometheus duration. */
  readonly for: string
  /** How long it must be gone before the alert resolves. */
  readonly keepFor: string
  readonly labels: Readonly<Record<string, string>>
  /** `{{ $labels.x }}` is filled by Grafana and Prometheus alike. */
  readonly annotations: Readonly<Record<string, string>>
  /** Range that Grafana's query looks at. */
  readonly rangeSeconds: number
  /** The alert fires when the query's number is above (`gt`) or below (`lt`) this. */
  readonly evaluator: { readonly type: 'gt' | 'lt'; readonly params: readonly [number] }
  readonly model: {
    readonly refId: string
    readonly editorType: string
    readonly format: number
    readonly pluginVersion: string
    readonly rawSql: string
  }
}

export type PrometheusRule = Pick<AlertRule, 'name' | 'labels' | 'annotations' | 'keepFor'> & { readonly prometheus: PrometheusCondition }

export interface AlertRuleOptions extends EventRuleOptions {
  /** Rules beside the shipped ones. */
  readonly rules?: readonly Rule[]
}

/** Job under which Prometheus scrapes servers: what the rules about a server that is gone ask for. */
export const PROMETHEUS_JOB = 'spyglass'

/** Those that Grafana can have. */
export function alertRules(options: AlertRuleOptions = {}): AlertRule[] {
  const { database = DATABASE } = options
  return allRules(options).flatMap((rule) => {
    const { grafana } = renderingsOf(rule, { ...options, database })
    if ('cannot' in grafana) return []
    const { rawSql, bound, rangeSeconds, for: time } = grafana.rule
    const uid = `spyglass-${rule.name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()}`
    const evaluator = 'above' in bound ? ({ type: 'gt', params: [bound.above] } as const) : ({ type: 'lt', params: [bound.below] } as const)
    return [{ uid, ...saidOf(rule), for: time, keepFor: secondsText(settleMsOf(rule)), rangeSeconds, evaluator, model: model(rawSql) }]
  })
}

/** Those that Prometheus can have, and what only an observer from outside sees. */
export function prometheusRules(options: AlertRuleOptions = {}): PrometheusRule[] {
  const rendered = allRules(options).flatMap((rule) => {
    const { prometheus } = renderingsOf(rule, options)
    return 'cannot' in prometheus ? [] : [{ ...saidOf(rule), keepFor: secondsText(settleMsOf(rule)), prometheus: prometheus.rule }]
  })
  return [...rendered, serverDown(), watchdog()]
}

const allRules = ({ rules = [] }: AlertRuleOptions): readonly Rule[] => [...shippedRules(), ...rules]

function saidOf({ name, severity, text, help, runbook }: Rule): Pick<AlertRule, 'name' | 'labels' | 'annotations'> {
  return {
    name,
    labels: { severity, suite: 'spyglass' },
    annotations: { summary: text.replaceAll(/\{(\w+)\}/g, '{{ $labels.$1 }}'), description: help, runbook },
  }
}

/** A server that does not answer, that nobody scrapes, or whose keeper has fallen silent. */
function serverDown(): PrometheusRule {
  const up = `up{job="${PROMETHEUS_JOB}"}`
  return {
    name: 'ServerDown',
    labels: { severity: 'critical', suite: 'spyglass' },
    annotations: {
      summary: 'A Spyglass server is down: job {{ $labels.job }}, target {{ $labels.instance }}',
      description: `It does not respond, or the job ${PROMETHEUS_JOB} has no target, or its keeper has been silent for 15 s.`,
      runbook: 'docs/runbooks/server-down.md',
    },
    keepFor: '0s',
    prometheus: {
      expr: `${up} == 0 or absent(${up}) or ${prometheusNameOf(kinds.push, 'age')}{process="keeper"} > 15`,
      for: '1m',
    },
  }
}

/** It always fires: something outside pages when it is missing. This server sends its own to receivers of type `watchdog`. */
const watchdog = (): PrometheusRule => ({
  name: 'Watchdog',
  labels: { severity: 'info', suite: 'spyglass' },
  annotations: {
    summary: 'Prometheus judges the rules of Spyglass',
    description: 'It always fires. Lead it to something outside that pages when it stays away.',
    runbook: 'docs/runbooks/watchdog.md',
  },
  keepFor: '0s',
  prometheus: { expr: 'vector(1)', for: '0s' },
})

const model = (rawSql: string): AlertRule['model'] => ({ refId: 'A', editorType: 'sql', format: 1, pluginVersion: PLUGIN_VERSION, rawSql })
