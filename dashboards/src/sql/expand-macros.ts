/** Expands what Grafana and its ClickHouse data source expand before a query is sent, as their documentation describes it. */
import { fail } from '../errors.ts'

export interface GrafanaView {
  readonly fromMs: number
  readonly toMs: number
  readonly intervalSeconds: number
  /** Values of the dashboard's variables; an empty list stands for "All", a text for a text box. */
  readonly variables: Readonly<Record<string, readonly string[] | string>>
}

type Macro = (args: readonly string[], view: GrafanaView) => string

const seconds = (ms: number): number => Math.floor(ms / 1000)

const macros: Readonly<Record<string, Macro>> = {
  conditionalAll: ([condition = '', variable = ''], { variables }) =>
    variables[variable.trim().slice(1)]?.length === 0 ? '1=1' : condition,
  timeFilter_ms: ([column], { fromMs, toMs }) =>
    `${column} >= fromUnixTimestamp64Milli(${fromMs}) AND ${column} <= fromUnixTimestamp64Milli(${toMs})`,
  timeFilter: ([column], { fromMs, toMs }) => `${column} >= toDateTime(${seconds(fromMs)}) AND ${column} <= toDateTime(${seconds(toMs)})`,
  timeInterval: ([column], { intervalSeconds }) => `toStartOfInterval(toDateTime(${column}), INTERVAL ${intervalSeconds} second)`,
  fromTime: (_, { fromMs }) => `toDateTime(${seconds(fromMs)})`,
  toTime: (_, { toMs }) => `toDateTime(${seconds(toMs)})`,
  interval_s: (_, { intervalSeconds }) => String(intervalSeconds),
}

/** The SQL that reaches ClickHouse. @throws SPY_TEMPLATE_VALUE_MISSING for a macro or variable that is not known */
export function expandMacros(rawSql: string, view: GrafanaView): string {
  return expandVariables(expandCalls(rawSql, view), view)
}

function expandCalls(sql: string, view: GrafanaView): string {
  let rest = sql
  let done = ''
  for (let match = /\$__(\w+)/.exec(rest); match; match = /\$__(\w+)/.exec(rest)) {
    const [whole, name = ''] = match
    const macro = macros[name]
    if (!macro) throw fail('SPY_TEMPLATE_VALUE_MISSING', ['of a query', whole])
    const after = rest.slice(match.index + whole.length)
    const { args, length } = after.startsWith('(') ? readArguments(after) : { args: [], length: 0 }
    done += rest.slice(0, match.index)
    rest = macro(args, view) + after.slice(length)
  }
  return done + rest
}

/** The arguments of a call and the length of its text; brackets are counted, as the data source does. */
function readArguments(text: string): { args: string[]; length: number } {
  const args: string[] = []
  let depth = 0
  let start = 1
  for (const { 0: char, index } of text.matchAll(/[(),]/g)) {
    if (char === '(') depth++
    if (char === ')') depth--
    if ((char === ',' && depth === 1) || depth === 0) {
      args.push(text.slice(start, index))
      start = index + 1
    }
    if (depth === 0) return { args, length: index + 1 }
  }
  throw fail('SPY_TEMPLATE_VALUE_MISSING', ['of a query', `a bracket that is not closed (${text})`])
}

function expandVariables(sql: string, { variables }: GrafanaView): string {
  return sql.replaceAll(/\$\{(\w+):singlequote\}/g, (_, name: string) => {
    const value = variables[name]
    if (value === undefined) throw fail('SPY_TEMPLATE_VALUE_MISSING', ['of a query', `the variable ${name}`])
    return (typeof value === 'string' ? [value] : value).map((text) => `'${text.replaceAll("'", "\\'")}'`).join(',')
  })
}
