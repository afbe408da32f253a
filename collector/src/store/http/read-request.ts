/**
 * What the URL, the headers and the fields of a form say about a statement: format, database, parameters, and settings of the engine.
 * Whatever is not of the protocol is a setting, as in ClickHouse, and evaluated with the statement.
 */
import { DATABASE } from '@spyglass/agent/contract'
import type { Client } from '../client-back-off.ts'
import { refuse } from '../clickhouse-error.ts'
import { MAX_STATEMENT_LENGTH, type ReadableDatabase } from '../gate/gate.ts'
import type { ReadRequest } from '../reader.ts'

export interface ReadHeaders {
  /** X-ClickHouse-Format. */
  readonly format: string | undefined
  /** X-ClickHouse-Database. */
  readonly database: string | undefined
}

/** Parameters of the protocol, not of the statement. */
const PROTOCOL = new Set([
  'query',
  'query_id',
  'user',
  'password',
  'database',
  'default_format',
  'client_protocol_version',
  'quota_key',
  'session_id',
  'session_timeout',
  'wait_end_of_query',
  'buffer_size',
  'compress',
  'decompress',
])

/** Parameters of the protocol that request unsupported features, unless they disable them. */
const UNSUPPORTED = ['stacktrace', 'close_session'] as const

const BOOL = { form: /^(0|1|true|false)$/, says: 'a Bool' }
const NUMBER = { form: /^\d{1,19}$/, says: 'a UInt64' }

/** What the values of the protocol's parameters have to be. */
const VALUES = {
  compress: BOOL,
  decompress: BOOL,
  wait_end_of_query: BOOL,
  session_check: BOOL,
  buffer_size: NUMBER,
  session_timeout: NUMBER,
} as const

/** @throws ClickhouseError when there is no statement, it is too long, or something is asked for that there is not. */
export function readRequest(sql: string, query: URLSearchParams, headers: ReadHeaders, client: Client): ReadRequest {
  if (sql.trim() === '') throw refuse('SYNTAX_ERROR', 'Empty query')
  if (sql.length > MAX_STATEMENT_LENGTH) throw refuse('QUERY_IS_TOO_LARGE', `A statement may have ${MAX_STATEMENT_LENGTH} characters`)
  const databases = [headers.database, query.get('database')].map((name) => databaseOf(name ?? ''))
  checkProtocol(query)
  return {
    sql,
    database: databases.find((name) => name !== undefined) ?? DATABASE, // ClickHouse's order
    client,
    defaultFormat: headers.format || query.get('default_format') || 'TabSeparated', // ClickHouse's order
    parameters: new Map([...query].filter(([name]) => name.startsWith('param_')).map(([name, value]) => [name.slice(6), value])),
    settings: new Map([...query].filter(([name]) => isSetting(name))),
    waitForEnd: isOn(query.get('wait_end_of_query')) || isOn(query.get('http_wait_end_of_query')),
  }
}

export const isOn = (value: string | null): boolean => value === '1' || value === 'true'
const isSetting = (name: string): boolean =>
  !name.startsWith('param_') &&
  !PROTOCOL.has(name) &&
  name !== 'role' &&
  name !== 'session_check' &&
  !UNSUPPORTED.some((each) => each === name)

function databaseOf(name: string): ReadableDatabase | undefined {
  if (name === '') return undefined
  if (name === 'default' || name === DATABASE) return DATABASE
  if (name === 'system') return name
  throw refuse('UNKNOWN_DATABASE', `Database ${name} does not exist`)
}

/** A session of ClickHouse keeps settings and temporary tables, which readers cannot make: so one is like another, and none is remembered. */
function checkProtocol(query: URLSearchParams): void {
  for (const [name, { form, says }] of Object.entries(VALUES))
    if (!form.test(query.get(name) ?? '0')) throw refuse('BAD_ARGUMENTS', `The value of ${name} is not ${says}`)
  for (const name of UNSUPPORTED)
    if (!['', '0', 'false'].includes(query.get(name) ?? '')) throw refuse('NOT_IMPLEMENTED', `The parameter ${name} is not supported`)
  if (isOn(query.get('session_check'))) throw refuse('SESSION_NOT_FOUND', 'Session not found: nothing is kept between statements')
  const role = query.get('role')
  if (role !== null) throw refuse('SET_NON_GRANTED_ROLE', `Role ${role} should be granted to set as a current`)
}
