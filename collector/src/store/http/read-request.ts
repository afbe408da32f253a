/** What the URL says about a statement: format, database, parameters, time limit. Other settings do not change anything. */
import { DATABASE } from '@spyglass/agent/contract'
import { refuse } from '../clickhouse-error.ts'
import { MAX_STATEMENT_LENGTH } from '../gate/gate.ts'
import type { ReadRequest } from '../reader.ts'

export interface ReadDefaults {
  /** Header X-ClickHouse-Format. */
  readonly header: string | string[] | undefined
  /** The store's own limit. */
  readonly timeoutMs: number
}

/** @throws ClickhouseError when there is no statement, it is too long, or another database is asked for. */
export function readRequest(sql: string, query: URLSearchParams, { header, timeoutMs }: ReadDefaults): ReadRequest {
  if (sql.trim() === '') throw refuse('SYNTAX_ERROR', 'Empty query')
  if (sql.length > MAX_STATEMENT_LENGTH) throw refuse('QUERY_IS_TOO_LARGE', `A statement may have ${MAX_STATEMENT_LENGTH} characters`)
  const database = query.get('database') ?? ''
  if (!['', 'default', DATABASE].includes(database)) throw refuse('UNKNOWN_DATABASE', `Database ${database} does not exist`)
  return {
    sql,
    defaultFormat: query.get('default_format') ?? (typeof header === 'string' ? header : 'TabSeparated'),
    parameters: new Map([...query].filter(([name]) => name.startsWith('param_')).map(([name, value]) => [name.slice(6), value])),
    timeoutMs: limit(query.get('max_execution_time'), timeoutMs),
  }
}

/** A client may ask for less time than the store allows, never for more; 0 means no limit of its own. */
function limit(seconds: string | null, timeoutMs: number): number {
  const asked = Number(seconds ?? 0) * 1000
  return Number.isFinite(asked) && asked > 0 ? Math.max(1, Math.min(Math.round(asked), timeoutMs)) : timeoutMs
}
