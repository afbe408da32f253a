/**
 * What a board must have, after the rules of Grafana's dashboard-linter, which knows no ClickHouse: titles and descriptions,
 * known panel types and units, targets that ask something, a data source that the viewer can choose.
 */
import { PLUGIN_TYPE } from '../provision/plugin.ts'
import type { Board, Panel, Target } from './board.ts'

/** Panel type to the formats of the data source that it can show. */
const FORMATS: Readonly<Record<string, readonly number[]>> = {
  timeseries: [0],
  stat: [0, 1],
  table: [1],
  logs: [2],
  traces: [3],
}

/** Those of Grafana's units that we use. */
const UNITS = new Set(['none', 'short', 'ms', 's', 'bytes', 'percentunit', 'reqps', 'ops', 'dateTimeAsIso'])

const CHOSEN_DATASOURCE = '${datasource}'

/** All mistakes of a board, one line each; none when it is right. */
export function lintBoard(board: Board): string[] {
  return [
    ...(/^[a-z0-9-]{1,40}$/.test(board.uid) ? [] : [`uid ${board.uid}: lower-case letters, digits and -, at most 40`]),
    ...(board.title.trim() ? [] : ['the board has no title']),
    ...(board.description.trim() ? [] : ['the board has no description']),
    ...variableMistakes(board),
    ...board.panels.flatMap((panel) => panelMistakes(panel).map((mistake) => `panel "${panel.title}": ${mistake}`)),
    ...overlaps(board.panels),
    ...board.annotations.list.flatMap(({ name, target }) => targetMistakes(target).map((mistake) => `annotation "${name}": ${mistake}`)),
  ]
}

function variableMistakes({ templating, panels }: Board): string[] {
  const names = new Set(templating.list.map(({ name }) => name))
  const used = panels.flatMap(({ targets }) => targets.flatMap(({ rawSql }) => variablesIn(rawSql)))
  return [
    ...(names.has('datasource') ? [] : ['there is no variable "datasource"']),
    ...templating.list.flatMap(({ name, label, description }) =>
      label && description ? [] : [`variable "${name}" has no label or no description`],
    ),
    ...[...new Set(used)]
      .filter((name) => !names.has(name))
      .map((name) => `a query uses the variable "${name}", which the board does not have`),
  ]
}

/** Names of dashboard variables in a query: `${name:format}` and the second argument of `$__conditionalAll`. */
function variablesIn(rawSql: string): string[] {
  return [...rawSql.matchAll(/\$\{(\w+)(?::\w+)?\}|\$(?!__)(\w+)/g)].map(([, braced, plain]) => braced ?? plain ?? '')
}

function panelMistakes({ type, title, description, datasource, gridPos, targets, fieldConfig }: Panel): string[] {
  const formats = FORMATS[type]
  const { unit } = fieldConfig.defaults
  const units = fieldConfig.overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === 'unit').map(({ value }) => String(value)),
  )
  return [
    ...(title.trim() ? [] : ['no title']),
    ...(description.trim() ? [] : ['no description']),
    ...(formats ? [] : [`unknown panel type ${type}`]),
    ...(unit === undefined && formats?.some((format) => format < 2) ? ['no unit'] : []),
    ...[...units, ...(unit === undefined ? [] : [unit])].filter((name) => !UNITS.has(name)).map((name) => `unknown unit ${name}`),
    ...(datasource.uid === CHOSEN_DATASOURCE ? [] : ['its data source is fixed']),
    ...(gridPos.w >= 1 && gridPos.x + gridPos.w <= 24 && gridPos.h >= 1 ? [] : ['it does not fit into the grid']),
    ...(targets.length > 0 ? [] : ['no query']),
    ...targets.flatMap((target) => [
      ...targetMistakes(target),
      ...(formats === undefined || formats.includes(target.format) ? [] : [`format ${target.format} cannot be shown by ${type}`]),
    ]),
  ]
}

function targetMistakes({ refId, datasource, rawSql, format }: Target): string[] {
  return [
    ...(refId ? [] : ['a query has no refId']),
    ...(datasource.uid === CHOSEN_DATASOURCE && datasource.type === PLUGIN_TYPE
      ? []
      : ['the data source of a query is fixed or of another type']),
    ...(rawSql.trim() ? [] : ['a query is empty']),
    ...(format === 0 && !/ORDER BY (time|step)\b/.test(rawSql) ? ['a time series must be ordered by its time'] : []),
  ]
}

function overlaps(panels: readonly Panel[]): string[] {
  return panels.flatMap((a, index) =>
    panels
      .slice(index + 1)
      .filter(
        (b) =>
          a.gridPos.x < b.gridPos.x + b.gridPos.w &&
          b.gridPos.x < a.gridPos.x + a.gridPos.w &&
          a.gridPos.y < b.gridPos.y + b.gridPos.h &&
          b.gridPos.y < a.gridPos.y + a.gridPos.h,
      )
      .map((b) => `the panels "${a.title}" and "${b.title}" overlap`),
  )
}
