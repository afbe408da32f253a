export { type Board } from './board/board.ts'
export { everyRawSql, type RawSql } from './board/every-raw-sql.ts'
export { lintBoard } from './board/lint-board.ts'
export { type BoardName, boardNames, renderBoard } from './board/render-board.ts'
export { type AlertRule, type AlertRuleOptions, alertRules, type PrometheusRule, prometheusRules } from './provision/alert-rules.ts'
export * from './rules/index.ts'
export { type ProvisionedFile, type ProvisioningOptions, renderPrometheusRules } from './provision/provisioning.ts'
export { renderAll, writeDashboards } from './write-dashboards.ts'
export { expandMacros } from './sql/expand-macros.ts'
export { apiSql, grafanaSql, parametersOf, ruleSql, type SqlOptions } from './sql/render-sql.ts'
export {
  apiQueries,
  type ApiQueryName,
  type GrafanaQueryName,
  type PanelQueryName,
  panelQueries,
  ruleQueries,
  type RuleQueryName,
} from './sql/names.ts'
