/** A rule in each engine that is not ours. */
import { type GrafanaCondition, grafanaRule } from './to-grafana.ts'
import { type PrometheusCondition, prometheusRule } from './to-prometheus.ts'
import { type EventRuleOptions, eventRule } from './event-rules.ts'
import type { Rendering } from './rendering.ts'
import type { Rule } from './rule.ts'

export interface RuleRenderings {
  readonly grafana: Rendering<GrafanaCondition>
  readonly prometheus: Rendering<PrometheusCondition>
}

export function renderingsOf(rule: Rule, options: EventRuleOptions = {}): RuleRenderings {
  const own = eventRule(rule, options)
  return { grafana: own?.grafana ?? grafanaRule(rule, options), prometheus: own?.prometheus ?? prometheusRule(rule) }
}
