/** The collector's side of the store verb: names a segment's file for an insert, and counts what arrived. */
import { DATABASE, type TableName } from '@spyglass/agent/contract'
import type { SealedSegment, TableContent } from '../wal/index.ts'
import { fail } from './errors.ts'

/** What went wrong: `away` comes right by itself, `lasting` comes back with the same segment. */
export class InsertFailure {
  readonly kind: 'away' | 'lasting'
  readonly error: Error
  constructor(kind: 'away' | 'lasting', error: Error) {
    this.kind = kind
    this.error = error
  }
}

export interface StoreClient {
  /** Inserts the segment's file of one table. Throws {@link InsertFailure}. */
  insert(segment: SealedSegment, table: TableName): Promise<void>
  /** What the table holds of the segment: rows, or for a rollup requests or calls. Throws {@link InsertFailure}. */
  count(segment: SealedSegment, table: TableName, content: TableContent): Promise<number>
}

export interface StoreClientOptions {
  /** `http://127.0.0.1:8123` */
  readonly url: string
  readonly token: string
  readonly timeoutMs?: number
}

/** What is added up to know whether a segment has arrived whole. AggregatingMergeTree merges rows, so rollups are counted by content. */
const WEIGHT: Readonly<Partial<Record<TableName, string>>> = { red_1m: 'sum(Requests)', sql_1m: 'sum(Calls)' }

/** By which column a query is kept from reading partitions that the segment cannot be in. */
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
  events: 'Time',
}

/** Codes of ClickHouse that speak of its state, not of the data: time-outs, too many queries, memory, disk, read-only, shutting down. */
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

export function createStoreClient({ url, token, timeoutMs = 120_000 }: StoreClientOptions): StoreClient {
  async function send(query: string, segment?: string): Promise<string> {
    const headers = { 'x-spyglass-token': token, ...(segment === undefined ? {} : { 'x-spyglass-segment': segment }) }
    let response: Response
    let text: string
    try {
      const target = `${url}/?query=${encodeURIComponent(query)}`
      response = await fetch(target, { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
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
    insert: async (segment, table) => void (await send(`INSERT INTO ${DATABASE}.${table} FORMAT Native`, segment.name)),
    async count(segment, table, { oldest, newest }) {
      const range = `${TIME[table]} BETWEEN toDateTime(${Math.floor(oldest)}) AND toDateTime(${Math.min(Math.ceil(newest), 4_294_967_295)})`
      const text = await send(
        `SELECT ${WEIGHT[table] ?? 'count()'} FROM ${DATABASE}.${table} WHERE Batch = '${segment.name}' AND ${range} FORMAT TabSeparated`,
      )
      return Number(text.trim())
    },
  }
}

/** Code 252 is two things: parts that are still merging pass, a segment over too many partitions does not. */
function isLasting(code: string, text: string): boolean {
  if (code === '252') return /partitions/i.test(text)
  return code !== '' && code !== '0' && !PASSING.has(code)
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
