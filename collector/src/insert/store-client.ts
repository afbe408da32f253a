/** The collector's side of inserts: names the files of segments, and counts the rows that arrived. */
import { hash } from 'node:crypto'
import { DATABASE, type TableName } from '@spyglass/agent/contract'
import type { OwnFetch, OwnResponse } from '@spyglass/process/own-client'
import type { Inserting, SealedSegment } from '../wal/index.ts'
import { fail } from './errors.ts'

/** What went wrong: `away` recovers on its own, `lasting` recurs with the same segment. */
export class InsertFailure {
  readonly kind: 'away' | 'lasting'
  readonly error: Error
  constructor(kind: 'away' | 'lasting', error: Error) {
    this.kind = kind
    this.error = error
  }
}

export interface StoreClient {
  /**
   * Inserts the segments' files of one table. The store accepts `inserting` once, whatever happened to its segments since.
   * Throws {@link InsertFailure}.
   */
  insert(segments: readonly SealedSegment[], inserting: Inserting): Promise<void>
  /** What each table holds of its segments: rows, or for a rollup requests or calls. Throws {@link InsertFailure}. */
  count(members: Members): Promise<Counted>
}

/** Segments by the table that has rows of them. */
export type Members = ReadonlyMap<TableName, readonly SealedSegment[]>

/** What a table holds, by name of the segment. */
export type Counted = ReadonlyMap<TableName, ReadonlyMap<string, number>>

export interface StoreClientOptions {
  /** `http://127.0.0.1:8123` */
  readonly url: string
  readonly token: string
  /** Default: `fetch`. */
  readonly fetch?: OwnFetch
  readonly timeoutMs?: number
}

/** What is summed to verify that a segment arrived completely. AggregatingMergeTree merges rows, so rollups are counted by content. */
const WEIGHT: Readonly<Partial<Record<TableName, string>>> = { red_1m: 'sum(Requests)', sql_1m: 'sum(Calls)', errors_1m: 'sum(Errors)' }

/** Column that keeps a query from reading partitions that cannot contain the segment. */
const TIME: Readonly<Record<TableName, string>> = {
  otel_traces: 'Timestamp',
  otel_traces_trace_id_ts: 'Start',
  otel_logs: 'TimestampTime',
  otel_metrics_gauge: 'TimeUnix',
  otel_metrics_sum: 'TimeUnix',
  otel_metrics_histogram: 'TimeUnix',
  otel_metrics_exp_histogram: 'TimeUnix',
  otel_metrics_summary: 'TimeUnix',
  red_1m: 'Minute',
  sql_1m: 'Minute',
  errors_1m: 'Minute',
  events: 'Time',
  pinned_traces: 'Timestamp',
  pinned_logs: 'TimestampTime',
}

/** ClickHouse codes about its state, not about the data: timeouts, too many queries, memory, disk, read-only, shutting down. */
const PASSING = new Set([
  '3',
  '74',
  '76',
  '94',
  '159',
  '160',
  '164',
  '201',
  '202',
  '203',
  '209',
  '210',
  '236',
  '241',
  '242',
  '243',
  '319',
  '394',
  '425',
  '473',
  '516',
  '999',
])

export function createStoreClient({ url, token, timeoutMs = 120_000, fetch: ask = fetch }: StoreClientOptions): StoreClient {
  async function send(query: string, insert?: { segments: string; token: string }): Promise<string> {
    const headers = {
      'x-spyglass-token': token,
      'x-spyglass-part': 'inserts',
      ...(insert ? { 'x-spyglass-segment': insert.segments } : {}),
    }
    let response: OwnResponse
    let text: string
    try {
      const parameters = new URLSearchParams({ query, ...(insert ? { insert_deduplication_token: insert.token } : {}) })
      const target = `${url}/?${parameters.toString()}`
      response = await ask(target, { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
      text = await response.text()
    } catch (error) {
      throw new InsertFailure('away', fail('SPY_STORE_AWAY', [url, causeOf(error)], error))
    }
    if (response.ok) return text
    const code = response.headers.get('x-clickhouse-exception-code') ?? /Code: (\d+)/.exec(text)?.[1] ?? ''
    throw new InsertFailure(
      isLasting(code, text) ? 'lasting' : 'away',
      fail('SPY_STORE_REFUSED', [response.status, code, text.slice(0, 500)]),
    )
  }

  return {
    async insert(segments, inserting) {
      const names = segments.map(({ name }) => name).join(',')
      await send(`INSERT INTO ${DATABASE}.${inserting.table} FORMAT Native`, { segments: names, token: tokenOf(inserting) })
    },
    async count(members) {
      const counts = Array.from(members, ([table, segments]) => countOf(table, segments))
      const text = await send(`${counts.join(' UNION ALL ')} FORMAT TabSeparated`)
      return countedIn(text, members)
    },
  }
}

/** A statement costs several times what one more part of it does, so all tables are counted by one. */
function countOf(table: TableName, segments: readonly SealedSegment[]): string {
  const names = segments.map(({ name }) => `'${name}'`).join(', ')
  const weight = `toUInt64(${WEIGHT[table] ?? 'count()'})`
  return `SELECT '${table}', Batch, ${weight} FROM ${DATABASE}.${table} WHERE Batch IN (${names}) AND ${rangeOf(segments, table)} GROUP BY Batch`
}

function countedIn(text: string, members: Members): Counted {
  const counted = new Map(Array.from(members.keys(), (table) => [table, new Map<string, number>()]))
  for (const line of text.split('\n')) {
    const [table, segment = '', count] = line.split('\t')
    counted.get(table as TableName)?.set(segment, Number(count))
  }
  return counted
}

/** A single segment has the token that version 0.1 gave it. */
function tokenOf({ table, segments }: Inserting): string {
  const [first = ''] = segments
  return `${segments.length === 1 ? first : hash('sha256', segments.join(','), 'hex').slice(0, 32)}/${table}`
}

function rangeOf(segments: readonly SealedSegment[], table: TableName): string {
  const contents = segments.flatMap(({ content }) => content.get(table) ?? [])
  const oldest = Math.min(...contents.map((content) => content.oldest))
  const newest = Math.max(...contents.map((content) => content.newest))
  return `${TIME[table]} BETWEEN toDateTime(${Math.floor(oldest)}) AND toDateTime(${Math.min(Math.ceil(newest), 4_294_967_295)})`
}

/** Errors of the operating system for a full, read-only or failing disk, and for too many open files. */
const PASSING_TEXT =
  /No space left|ENOSPC|Disk quota exceeded|Read-only file system|Input\/output error|Too many open files|errno: (?:5|23|24|28|30|122)\b/i

/** Code 252 has two causes: too many unmerged parts is temporary, a segment that spans too many partitions is not. */
function isLasting(code: string, text: string): boolean {
  if (PASSING_TEXT.test(text)) return false
  if (code === '252') return /partitions/i.test(text)
  return code !== '' && code !== '0' && !PASSING.has(code)
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
