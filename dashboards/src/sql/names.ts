/** The queries by name: each is `sql/<name>.sql.hbs`. */

/** Queries with ClickHouse parameters, for the query API and the console. */
export const apiQueries = [
  'services',
  'red-series',
  'red-totals',
  'release-changes',
  'slow-requests',
  'sorted-requests',
  'kept-routes',
  'trace-spans',
  'trace-logs',
  'slow-statements',
  'errors',
  'line-costs',
  'line-neighbours',
  'pool-series',
  'events',
  'incident-events',
  'incident-logs',
  'metric-series',
  'log-search',
  'silent-services',
] as const

export type ApiQueryName = (typeof apiQueries)[number]

/** Queries that only panels need, in the column names that a panel type asks for. */
export const panelQueries = [
  'panel-totals',
  'panel-rate-series',
  'panel-error-series',
  'panel-errors',
  'panel-quantile-series',
  'panel-instance-series',
  'panel-kept-series',
  'panel-pool-connections',
  'panel-pool-waiting',
  'panel-pool-holders',
  'panel-trace',
  'panel-trace-statements',
  'panel-trace-logs',
  'panel-service-logs',
  'panel-annotations',
  'variable-services',
  'variable-instances',
  'variable-pools',
  'rule-pool-exhausted',
  'rule-instance-down',
] as const

export type PanelQueryName = (typeof panelQueries)[number]

/** Queries of alert rules, which fill in what they say. */
export const ruleQueries = ['rule-metric', 'rule-service', 'rule-burn', 'rule-change', 'silent-services'] as const

export type RuleQueryName = (typeof ruleQueries)[number]

/** Every query that Grafana can be given. */
export type GrafanaQueryName = ApiQueryName | PanelQueryName
