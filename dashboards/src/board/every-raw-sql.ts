import { DATABASE } from '@spyglass/agent/contract'
import { alertRules } from '../provision/alert-rules.ts'
import { boardNames, renderBoard } from './render-board.ts'

/** One query as Grafana gets it, and where it stands. */
export interface RawSql {
  /** Board and panel, variable or annotation; or the alert rule. */
  readonly place: string
  /** 0 time series, 1 table, 2 logs, 3 trace. */
  readonly format: number
  readonly rawSql: string
}

/** Every query that the boards and alert rules send, for tests that run them all. */
export function everyRawSql(database: string = DATABASE): RawSql[] {
  const boards = boardNames.flatMap((name) => {
    const board = renderBoard(name, { database })
    return [
      ...board.panels.flatMap((panel) => panel.targets.map(({ format, rawSql }) => ({ place: `${name}: ${panel.title}`, format, rawSql }))),
      ...board.templating.list
        .filter(({ type }) => type === 'query')
        .map((variable) => ({ place: `${name}: variable ${variable.name}`, format: 1, rawSql: variable.query })),
      ...board.annotations.list.map(({ name: title, target }) => ({
        place: `${name}: annotation ${title}`,
        format: target.format,
        rawSql: target.rawSql,
      })),
    ]
  })
  const rules = alertRules({ database }).map(({ name, model }) => ({ place: `rule ${name}`, format: model.format, rawSql: model.rawSql }))
  return [...boards, ...rules]
}
