/**
 * Reads the store like any other client, over ClickHouse HTTP. The internal token in addition to the reader's password gives it dedicated sessions, so
 * that it never waits for other clients. Boards and tests use the same SQL; only parameters are sent from here, so nothing
 * that a user types is ever part of a statement.
 */
import { type ClickHouseClient, ClickHouseError, createClient } from '@clickhouse/client'
import { ownPort, type Secrets, type SpyglassConfig } from '@spyglass/process/checked-config'
import { ownConnection } from '@spyglass/process/own-client'
import { DATABASE, messageOf } from '@spyglass/agent/contract'
import { apiSql, type ApiQueryName } from '@spyglass/dashboards'
import { fail } from './errors.ts'
import { rowText } from './row-text.ts'

export interface QueryOptions {
  readonly parameters: Readonly<Record<string, string | number>>
  /** Timeout of the response. Default 10 000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A row by column: numbers are numbers, also the 64-bit ones, which a server may write as text. */
export type Row = Readonly<Record<string, unknown>>

export interface QueryClient {
  /**
   * Rows of one of the queries of the console.
   * @throws SPY_QUERY_UNREACHABLE, SPY_QUERY_TIMEOUT, SPY_QUERY_REFUSED, SPY_QUERY_FAILED
   */
  rows(name: ApiQueryName, options: QueryOptions): Promise<readonly Row[]>
  stop(): Promise<void>
}

/** A client that can also pass rows through without parsing them. */
export interface StreamingQueryClient extends QueryClient {
  /**
   * The same rows as JSON, joined by commas, handed on as they come: for answers that would keep this process from its other work. 64-bit
   * numbers may be strings. The timeout covers the start; the iteration throws errors that occur in mid-stream.
   */
  rowText(name: ApiQueryName, options: QueryOptions): Promise<AsyncGenerator<Uint8Array>>
}

export interface QueryClientOptions {
  readonly config: SpyglassConfig
  readonly secrets: Pick<Secrets, 'clickhouse'> & Partial<Pick<Secrets, 'internal'>>
  /** Which sessions of the store it uses. Default: those of the console. */
  readonly part?: 'console' | 'rules'
}

const DEFAULT_TIMEOUT_MS = 10_000
/** Codes of ClickHouse that say "you may not", not "it went wrong": readonly, access denied, authentication. */
const REFUSED = new Set(['164', '497', '516'])
const TOO_LONG = new Set(['159', '394'])

export function createQueryClient({ config, secrets, part = 'console' }: QueryClientOptions): StreamingQueryClient {
  const { url, agent } = ownConnection(ownPort(config, 'store'), secrets.internal?.token ?? '')
  const { user, password } = secrets.clickhouse.reader
  const client = createClient({
    url,
    http_agent: agent,
    username: user,
    password,
    database: DATABASE,
    application: `spyglass-${part}`,
    http_headers: secrets.internal ? { 'X-Spyglass-Token': secrets.internal.token, 'X-Spyglass-Part': part } : {},
    max_open_connections: 4,
    request_timeout: config.store.queryTimeoutMs + 1000,
    log: { level: 127 }, // its own logger writes to the console; failures reach our log as coded errors
  })
  let closed: Promise<void> | undefined
  return {
    rows: (name, options) => rowsOf({ client, url, name, ...options }),
    rowText: (name, options) => textOfRows({ client, url, name, ...options }),
    stop: () => (closed ??= client.close()),
  }
}

interface Question extends QueryOptions {
  readonly client: ClickHouseClient
  readonly url: string
  readonly name: ApiQueryName
}

function rowsOf(question: Question): Promise<readonly Row[]> {
  return withinTime(question, async (abort_signal) => {
    const { client, name, parameters } = question
    const result = await client.query({ query: textOfQuery(name), query_params: { ...parameters }, format: 'JSON', abort_signal })
    return withNumbers(await result.json<Record<string, unknown>>())
  })
}

function textOfRows(question: Question): Promise<AsyncGenerator<Uint8Array>> {
  return withinTime(question, async (abort_signal) => {
    const { client, name, parameters } = question
    const query = `${textOfQuery(name)} FORMAT JSONEachRow`
    const { stream } = await client.exec({ query, query_params: { ...parameters }, abort_signal })
    return rowText(stream, () => fail('SPY_QUERY_FAILED', [name, 'the response was truncated']))
  })
}

async function withinTime<T>(
  { url, name, timeoutMs = DEFAULT_TIMEOUT_MS, signal }: Question,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), timeoutMs)
  try {
    return await work(signal ? AbortSignal.any([deadline.signal, signal]) : deadline.signal)
  } catch (error) {
    if (deadline.signal.aborted) throw fail('SPY_QUERY_TIMEOUT', [name, timeoutMs], error)
    if (!(error instanceof ClickHouseError)) throw fail('SPY_QUERY_UNREACHABLE', [url, shortly(error)], error)
    if (TOO_LONG.has(error.code)) throw fail('SPY_QUERY_TIMEOUT', [name, timeoutMs], error)
    throw fail(REFUSED.has(error.code) ? 'SPY_QUERY_REFUSED' : 'SPY_QUERY_FAILED', [name, shortly(error)], error)
  } finally {
    clearTimeout(timer)
  }
}

/** Rendered once: the texts never change. */
const texts = new Map<ApiQueryName, string>()

function textOfQuery(name: ApiQueryName): string {
  let text = texts.get(name)
  if (text === undefined) texts.set(name, (text = apiSql(name)))
  return text
}

interface Answer {
  readonly meta?: readonly { readonly name: string; readonly type: string }[]
  readonly data: readonly Record<string, unknown>[]
}

/** None of our counters outgrows 2⁵³, so a double holds each exactly. */
function withNumbers({ meta = [], data }: Answer): readonly Row[] {
  const wide = meta.filter(({ type }) => /^(Nullable\()?(U?Int(64|128|256)|Decimal)/.test(type)).map(({ name }) => name)
  for (const row of data) for (const name of wide) if (typeof row[name] === 'string') row[name] = Number(row[name])
  return data
}

/** A time, in milliseconds since the epoch, as a parameter of type DateTime64(3, 'UTC'). */
export function timeParameter(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ')
}

/** A number from a row; 0 when it is not a number. */
export function numberOf(value: unknown): number {
  const number = typeof value === 'number' ? value : Number(value)
  return Number.isFinite(number) ? number : 0
}

/** A text from a row; empty when it is not a text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** ClickHouse repeats the whole statement. */
const shortly = (error: unknown): string => messageOf(error).slice(0, 500)
