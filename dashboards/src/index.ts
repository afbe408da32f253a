export { apiSql, grafanaSql, parametersOf, type SqlOptions } from './sql/render-sql.ts'
export { apiQueries, type ApiQueryName, type GrafanaQueryName, type PanelQueryName, panelQueries } from './sql/names.ts'
