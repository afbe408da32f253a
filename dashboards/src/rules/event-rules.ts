/**
 * Rules about events in engines that get none: they watch the state behind the event instead, each in its own words. A rule about
 * another event has no rendering.
 */
import { prometheusNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { grafanaSql, type SqlOptions } from '../sql/render-sql.ts'
import { secondsText } from './quantity.ts'
import type { Rendering } from './rendering.ts'
import type { Rule } from './rule.ts'
import { inStates } from './state-expr.ts'
import type { GrafanaCondition } from './to-grafana.ts'
import type { PrometheusCondition } from './to-prometheus.ts'

export interface EventRuleOptions extends SqlOptions {
  /** How long an instance must be down: `alerting.instanceDownAfterMs`. */
  readonly instanceDownAfterMs?: number
  /** How long a pool must be exhausted: the datasources' `exhaustedAfterMs`. */
  readonly exhaustedAfterMs?: number
}

interface EventRule {
  readonly grafana: Rendering<GrafanaCondition>
  readonly prometheus: Rendering<PrometheusCondition>
}

const WEEK_SECONDS = 604_800

/** Undefined for a rule that is about no event, or about one that has no state. */
export function eventRule({ when }: Rule, options: EventRuleOptions): EventRule | undefined {
  if (when.shape !== 'event') return undefined
  if (when.raise === 'spyglass.pool.exhausted') return poolExhausted(options)
  return when.raise === 'spyglass.instance.down' ? instanceDown(options) : undefined
}

const metric = (attribute: keyof typeof kinds.datasource.attributes): string => prometheusNameOf(kinds.datasource, attribute)

function poolExhausted({ exhaustedAfterMs = 10_000, ...options }: EventRuleOptions): EventRule {
  const [waiting, active, most] = [metric('waitingBorrowers'), metric('activeConnections'), metric('maxConnections')]
  const time = secondsText(exhaustedAfterMs)
  return {
    grafana: { rule: { rawSql: grafanaSql('rule-pool-exhausted', options), rangeSeconds: 60, bound: { above: 0 }, for: time } },
    prometheus: { rule: { expr: `label_replace(${waiting} > 0 and ${active} >= ${most}, "pool", "$1", "name", "(.*)")`, for: time } },
  }
}

function instanceDown({ instanceDownAfterMs = 15_000, ...options }: EventRuleOptions): EventRule {
  const state = prometheusNameOf(kinds.instance, 'state')
  const bound = { above: instanceDownAfterMs / 1000 }
  return {
    // The query itself measures the time: Grafana's pending period would restart with each evaluation that finds no data.
    grafana: { rule: { rawSql: grafanaSql('rule-instance-down', options), rangeSeconds: WEEK_SECONDS, bound, for: '0s' } },
    // An instance that is down becomes `failed` when it has failed too often.
    prometheus: { rule: { expr: inStates(state, 'state', ['down', 'failed']), for: secondsText(instanceDownAfterMs) } },
  }
}
