/**
 * Keeps the tables within their size: drops the oldest day of all tables, and the next, until they fit. Before that, and every minute, it
 * copies what alert pages link to into tables that are exempt from the limit and kept longer.
 */
import { statfsSync } from 'node:fs'
import { DATABASE, type Table, tables } from '@spyglass/agent/contract'
import { type Retention, retentionDays } from '../schema/index.ts'
import { rowsOf, type StoreSession } from './session.ts'
import type { SessionPool } from './session-pool.ts'

export interface SpaceLimit {
  readonly maxBytes: number
  /** Days back to the oldest trace, log record or metric. */
  daysKept(): number
  /** Dropped for the limit. */
  partitionsDropped(): number
  /** Checks at once; resolves when it is done. */
  tidy(): Promise<void>
  stop(): void
}

export interface SpaceLimitOptions {
  readonly pool: Pick<SessionPool, 'use'>
  readonly maxBytes: () => number
  readonly retention: Retention
  readonly onDropped?: (dropped: { readonly table: string; readonly day: string; readonly bytes: number }) => void
  readonly onFailure?: (error: unknown) => void
  /** Default 60 000. */
  readonly intervalMs?: number
}

const MAX_DEFAULT_BYTES = 20_000_000_000
const DISK_SHARE = 0.2

/** The smaller of 20 GB and a fifth of the disk that holds `folder`. */
export function defaultMaxBytes(folder: string): number {
  const { blocks, bsize } = statfsSync(folder)
  return Math.min(MAX_DEFAULT_BYTES, Math.floor(blocks * bsize * DISK_SHARE))
}

export function createSpaceLimit(options: SpaceLimitOptions): SpaceLimit {
  const { pool, maxBytes, onFailure = () => {} } = options
  let daysKept = 0
  let dropped = 0

  async function tidyOnce(): Promise<void> {
    try {
      await pool.use(async (session) => {
        await pin(session, options.retention)
        dropped += await drop(session, options)
        daysKept = await daysIn(session)
      })
    } catch (error) {
      onFailure(error)
    }
  }

  let running = Promise.resolve()
  const tidy = (): Promise<void> => (running = running.then(tidyOnce))
  const timer = setInterval(() => void tidy(), options.intervalMs ?? 60_000).unref()
  void tidy()
  return {
    get maxBytes() {
      return maxBytes()
    },
    daysKept: () => daysKept,
    partitionsDropped: () => dropped,
    tidy,
    stop: () => clearInterval(timer),
  }
}

/** Trace ids in the evidence of pages: who holds connections, each with its trace. */
const linkedTraces = (days: number): string =>
  `SELECT arrayJoin(extractAll(Holders, '"traceId":"([0-9a-f]{32})"')) FROM ${DATABASE}.events WHERE Name IN ('spyglass.alert.firing', 'spyglass.pool.exhausted') AND Time > now() - toIntervalDay(${days})`

/** A span is identified by its duration as well: a running one is superseded later, and the newest is shown. */
const PINNED = [
  { from: tables.otel_traces, to: tables.pinned_traces, identity: '(TraceId, SpanId, Timestamp, Duration)' },
  { from: tables.otel_logs, to: tables.pinned_logs, identity: '(TraceId, SpanId, Timestamp, Body)' },
] as const

async function pin(session: StoreSession, retention: Retention): Promise<void> {
  for (const { from, to, identity } of PINNED) {
    const traces = linkedTraces(retentionDays(from.retention, retention))
    if ((await rowsOf(session, `SELECT count() FROM (${traces})`))[0]?.[0] === '0') continue
    const columns = from.columns.map(({ name }) => `\`${name}\``).join(', ')
    await session.query(
      `INSERT INTO ${DATABASE}.${to.name} (${columns}) SETTINGS insert_deduplicate = 0 SELECT ${columns} FROM ${DATABASE}.${from.name} WHERE TraceId IN (${traces}) AND ${identity} NOT IN (SELECT ${identity.slice(1, -1)} FROM ${DATABASE}.${to.name})`,
      'Null',
    )
  }
}

const isDaily = ({ partitionBy }: Table): boolean => partitionBy.startsWith('toDate(')
const DAILY = Object.values<Table>(tables).filter(isDaily)
const SHORT_LIVED = DAILY.filter(({ retention }) => retention !== 'rollup')
const listed = (some: readonly Table[]): string => some.map(({ name }) => `'${name}'`).join(', ')

/** Drops whole days before today, and tells how many partitions. Today's is still being written: a limit below one day cannot be kept. */
async function drop(session: StoreSession, { maxBytes, onDropped = () => {} }: SpaceLimitOptions): Promise<number> {
  let excess =
    Number((await rowsOf(session, `SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = '${DATABASE}'`))[0]?.[0]) -
    maxBytes()
  if (excess <= 0) return 0
  const partitions = await rowsOf(
    session,
    `SELECT table, partition, partition_id, sum(bytes_on_disk) FROM system.parts WHERE active AND database = '${DATABASE}' AND table IN (${listed(DAILY)}) AND partition < toString(today()) GROUP BY table, partition, partition_id ORDER BY partition`,
  )
  let dropped = 0
  let last = ''
  for (const [table = '', day = '', id = '', size = '0'] of partitions) {
    if (excess <= 0 && day !== last) break // whole days are dropped: traces without their log would mislead
    last = day
    await session.query(`ALTER TABLE ${DATABASE}.${table} DROP PARTITION ID '${id}'`, 'Null')
    onDropped({ table, day, bytes: Number(size) })
    excess -= Number(size)
    dropped++
  }
  return dropped
}

async function daysIn(session: StoreSession): Promise<number> {
  const [[days = '0'] = []] = await rowsOf(
    session,
    `SELECT if(count() = 0, 0, dateDiff('day', min(toDate(partition)), today()) + 1) FROM system.parts WHERE active AND database = '${DATABASE}' AND table IN (${listed(SHORT_LIVED)})`,
  )
  return Math.max(0, Number(days))
}
