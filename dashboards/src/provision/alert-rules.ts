/** The alert rules once; Grafana and Prometheus get the same names, labels and texts. The collector judges them by itself from events. */
import { DATABASE, prometheusNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { grafanaSql } from '../sql/render-sql.ts'
import { PLUGIN_VERSION } from './plugin.ts'

export interface AlertRule {
  readonly uid: string
  readonly name: string
  /** How long the condition must hold before Grafana's rule fires, as a Prometheus duration. */
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  /** `{{ $labels.x }}` is filled by Grafana and Prometheus alike. */
  readonly annotations: Readonly<Record<string, string>>
  /** Range that Grafana's query looks at. */
  readonly rangeSeconds: number
  /** The alert fires when the query's number is above this. */
  readonly above: number
  readonly model: {
    readonly refId: string
    readonly editorType: string
    readonly format: number
    readonly pluginVersion: string
    readonly rawSql: string
  }
  readonly prometheus: PrometheusCondition
}

export interface PrometheusCondition {
  readonly expr: string
  readonly for: string
}

/** A rule for Prometheus alone: about what the server itself cannot tell. */
export type PrometheusRule = Pick<AlertRule, 'name' | 'labels' | 'annotations' | 'prometheus'>

export interface AlertRuleOptions {
  readonly database?: string
  /** How long an instance must be down: `alerting.instanceDownAfterMs`. */
  readonly instanceDownAfterMs?: number
  /** How long a pool must be exhausted: the datasources' `exhaustedAfterMs`. */
  readonly exhaustedAfterMs?: number
}

/** This document comes with the version, so the link works without the network. */
const RUNBOOK = 'docs/how-to/paging.md'
const WEEK_SECONDS = 604_800

export function alertRules(options: AlertRuleOptions = {}): AlertRule[] {
  return [poolExhausted(options), instanceDown(options), errorRateHigh(options)]
}

/** Job under which Prometheus scrapes servers: what the rules about a server that is gone ask for. */
export const PROMETHEUS_JOB = 'spyglass'

/** What only an observer from outside sees: a server that does not answer, that nobody scrapes, or whose keeper has fallen silent. */
export function serverDown(): PrometheusRule {
  const up = `up{job="${PROMETHEUS_JOB}"}`
  return {
    name: 'ServerDown',
    labels: { severity: 'critical', suite: 'spyglass' },
    annotations: {
      summary: 'A Spyglass server is down: job {{ $labels.job }}, target {{ $labels.instance }}',
      description: `It does not respond, or the job ${PROMETHEUS_JOB} has no target, or its keeper has been silent for 15 s.`,
      runbook: `${RUNBOOK}#serverdown`,
    },
    prometheus: {
      expr: `${up} == 0 or absent(${up}) or ${prometheusNameOf(kinds.push, 'age')}{process="keeper"} > 15`,
      for: '1m',
    },
  }
}

function poolExhausted({ database = DATABASE, exhaustedAfterMs = 10_000 }: AlertRuleOptions): AlertRule {
  const [waiting, active, most] = [metric('waitingBorrowers'), metric('activeConnections'), metric('maxConnections')]
  return {
    uid: 'spyglass-pool-exhausted',
    name: 'PoolExhausted',
    for: seconds(exhaustedAfterMs),
    labels: { severity: 'critical', suite: 'spyglass' },
    annotations: {
      summary: 'Pool {{ $labels.pool }} of {{ $labels.process }}: all connections are lent and borrowers are waiting',
      description: 'The dashboard Datasource pools shows who holds the connections, with route, statement and line of code.',
      runbook: `${RUNBOOK}#poolexhausted`,
    },
    rangeSeconds: 60,
    above: 0,
    model: model(grafanaSql('rule-pool-exhausted', { database })),
    prometheus: {
      expr: `label_replace(${waiting} > 0 and ${active} >= ${most}, "pool", "$1", "name", "(.*)")`,
      for: seconds(exhaustedAfterMs),
    },
  }
}

function instanceDown({ database = DATABASE, instanceDownAfterMs = 15_000 }: AlertRuleOptions): AlertRule {
  const state = prometheusNameOf(kinds.instance, 'state')
  return {
    uid: 'spyglass-instance-down',
    name: 'InstanceDown',
    // The query itself measures the time: Grafana's pending period would restart with each evaluation that finds no data.
    for: '0s',
    labels: { severity: 'critical', suite: 'spyglass' },
    annotations: {
      summary: 'Instance {{ $labels.process }} is down',
      description: 'No generation of the instance is ready. logs/server.log says why the last one exited.',
      runbook: `${RUNBOOK}#instancedown`,
    },
    rangeSeconds: WEEK_SECONDS,
    above: instanceDownAfterMs / 1000,
    model: model(grafanaSql('rule-instance-down', { database })),
    // A scrape that fails makes the series stale: without the last value the alert would resolve and start over. An instance that is down
    // becomes `failed` when it has failed too often; without the label it is the same alert.
    prometheus: {
      expr: `max without (state) (last_over_time(${state}{state=~"down|failed"}[5m])) == 1`,
      for: seconds(instanceDownAfterMs),
    },
  }
}

/** The thresholds are those of the collector's own rule. */
function errorRateHigh({ database = DATABASE }: AlertRuleOptions): AlertRule {
  const [errors, requests] = [prometheusNameOf(kinds.instance, 'errors'), prometheusNameOf(kinds.instance, 'requests')]
  return {
    uid: 'spyglass-error-rate-high',
    name: 'ErrorRateHigh',
    for: '60s',
    labels: { severity: 'warning', suite: 'spyglass' },
    annotations: {
      summary: '{{ $labels.service }}{{ $labels.process }}: more than 5 % of requests fail',
      description: 'The dashboard Slow requests lists the failed requests that were kept, with their traces.',
      runbook: `${RUNBOOK}#errorratehigh`,
    },
    rangeSeconds: 300,
    above: 0.05,
    model: model(grafanaSql('rule-error-rate-high', { database })),
    prometheus: {
      expr: `increase(${errors}[5m]) / increase(${requests}[5m]) > 0.05 and increase(${requests}[5m]) >= 100`,
      for: '60s',
    },
  }
}

const metric = (attribute: keyof typeof kinds.datasource.attributes): string => prometheusNameOf(kinds.datasource, attribute)

const model = (rawSql: string): AlertRule['model'] => ({ refId: 'A', editorType: 'sql', format: 1, pluginVersion: PLUGIN_VERSION, rawSql })

const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1000))}s`
