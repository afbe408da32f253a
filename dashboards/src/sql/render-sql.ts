/** Renders `sql/<name>.sql.hbs` in a dialect. SQL is kept in separate files, so that boards, rules, the console and tests share it. */
import { attr, DATABASE, type EventDeclaration, events, otelNameOf, type ResourceKind, type Table, tables } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import Handlebars from 'handlebars'
import { readdirSync, readFileSync } from 'node:fs'
import { fail } from '../errors.ts'
import { apiDialect, type Dialect, grafanaDialect } from './dialect.ts'
import type { ApiQueryName, GrafanaQueryName, RuleQueryName } from './names.ts'
import { bucketArrays, quantileMs } from './quantile.ts'

export interface SqlOptions {
  /** Database of the tables; each tenant has its own. */
  readonly database?: string
}

/** The query with ClickHouse parameters; {@link parametersOf} tells which ones the caller must give. */
export function apiSql(name: ApiQueryName, options?: SqlOptions): string {
  return render(name, apiDialect, options)
}

/** The same query with the macros and variables of Grafana's ClickHouse data source. */
export function grafanaSql(name: GrafanaQueryName, options?: SqlOptions): string {
  return render(name, grafanaDialect, options)
}

/** A query of an alert rule for Grafana; `values` are what the rule says. */
export function ruleSql(name: RuleQueryName, values: Readonly<Record<string, unknown>>, options?: SqlOptions): string {
  return render(name, grafanaDialect, options, values)
}

/** The parameters of a query with their ClickHouse types: `{ service: 'String', limit: 'UInt32' }`. */
export function parametersOf(sql: string): Record<string, string> {
  return Object.fromEntries([...sql.matchAll(/(?<!\$)\{(\w+):(\w+(?:\([^)]*\))?)\}/g)].map(([, name = '', type = '']) => [name, type]))
}

const FOLDER = new URL('../../sql/', import.meta.url)

/** Names of all templates that are there, without their endings; partials begin with `_`. */
export function sqlTemplates(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql.hbs'))
    .map((file) => file.slice(0, -'.sql.hbs'.length))
    .sort()
}

function render(name: string, dialect: Dialect, { database = DATABASE }: SqlOptions = {}, values: object = {}): string {
  const handlebars = Handlebars.create()
  for (const [helper, fn] of Object.entries(helpersOf(name, dialect, database))) {
    handlebars.registerHelper(helper, (...args: unknown[]) => fn(...args.slice(0, -1).map(String)))
  }
  for (const partial of sqlTemplates().filter((file) => file.startsWith('_')))
    handlebars.registerPartial(partial.slice(1), read(partial).trim())
  const text = handlebars.compile(read(name), { noEscape: true, strict: true })(values)
  return `${text.replaceAll(/\n\s*\n+/g, '\n').trim()}\n`
}

function read(name: string): string {
  const file = new URL(`${name}.sql.hbs`, FOLDER)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw fail('SPY_TEMPLATE_UNREADABLE', [file.pathname, String(error)], error)
  }
}

/** An instance as resources name it: without its server. */
const instanceName = (): string => `replaceRegexpOne(ResourceAttributes[${quote(attr.serviceInstanceId)}], '@[0-9a-f]+\\\\z', '')`

type Helpers = Record<string, (...args: string[]) => string>

/** What differs between readers comes from the dialect; the rest from the contract. */
function helpersOf(template: string, dialect: Dialect, database: string): Helpers {
  return {
    ...namesFromContract(template, database),
    time: (column = '') => dialect.time(column),
    minuteRange: (column = '') => dialect.minuteRange(column),
    timeRange: (column = '') => dialect.timeRange(column),
    step: (column = '') => dialect.step(column),
    stepSeconds: () => dialect.stepSeconds,
    rangeSeconds: () => dialect.rangeSeconds,
    rangeEnd: () => dialect.rangeEnd,
    service: (column = '') => dialect.service(column),
    instance: (expression = '') => dialect.instance(expression),
    ofInstance: () => dialect.ofInstance(instanceName()),
    pool: (expression = '') => dialect.pool(expression),
    route: (column = '') => dialect.route(column),
    keepReason: (expression = '') => dialect.keepReason(expression),
    order: (time = '', durationMs = '') => dialect.order(time, durationMs),
    offset: () => dialect.offset,
    incident: () => dialect.incident,
    traceId: () => dialect.traceId,
    search: () => dialect.search,
    chosenMetric: () => dialect.metric,
    file: () => dialect.file,
    line: () => dialect.line,
    place: () => placeIs(dialect),
    limit: () => dialect.limit,
    bucketArrays: (column = '') => bucketArrays(column),
    quantileMs: (quantile) => quantileMs(Number(quantile)),
  }
}

/** Whether a span was made at the line. Of the path that was given and the one that was recorded, either may be the end of the other. */
function placeIs({ file, line }: Dialect): string {
  const [path, number] = [`SpanAttributes[${quote(attr.codeFile)}]`, `SpanAttributes[${quote(attr.codeLine)}]`]
  const isFile = `${path} = ${file} OR endsWith(${path}, concat('/', ${file})) OR endsWith(${file}, concat('/', ${path}))`
  return `${path} != '' AND (${isFile}) AND (${line} = 0 OR ${number} = toString(${line}))`
}

/** A template that names a table, an attribute or a metric which is not declared does not render. */
function namesFromContract(template: string, database: string): Helpers {
  const declared = <T>(from: Readonly<Record<string, T>>, name: string): T => {
    const value = Object.hasOwn(from, name) ? from[name] : undefined
    if (value === undefined) throw fail('SPY_TEMPLATE_VALUE_MISSING', [`${template}.sql.hbs`, name])
    return value
  }
  return {
    table: (name = '') => `${database}.${declared<Table>(tables, name).name}`,
    attr: (name = '') => quote(declared<string>(attr, name)),
    event: (name = '') => {
      declared<EventDeclaration>(events, name)
      return quote(name)
    },
    metric: (kindName = '', attribute = '') => {
      const kind = declared<ResourceKind>(kinds, kindName)
      declared(kind.attributes, attribute)
      return quote(otelNameOf(kind, attribute))
    },
  }
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
