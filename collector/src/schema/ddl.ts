/** The statements that create the contract's tables. */
import { type Column, DATABASE, type RetentionKind, type Table } from '@spyglass/agent/contract'

/** Runs a statement and returns its rows, each a list of strings. */
export type RunStatement = (sql: string) => Promise<readonly (readonly string[])[]>

/** Days; traces, logs and metrics have a setting of their own or `telemetryDays`. */
export interface Retention {
  readonly telemetryDays: number
  readonly tracesDays?: number | undefined
  readonly logsDays?: number | undefined
  readonly metricsDays?: number | undefined
  readonly rollupDays: number
  readonly pinnedDays: number
}

export function retentionDays(kind: RetentionKind, retention: Retention): number {
  if (kind === 'rollup') return retention.rollupDays
  return (kind === 'pinned' ? retention.pinnedDays : retention[`${kind}Days`]) ?? retention.telemetryDays
}

/** How many inserts back a repeated one is recognised: segments of several hours. */
const DEDUPLICATION_WINDOW = 10_000

export const createDatabase = (): string => `CREATE DATABASE IF NOT EXISTS ${DATABASE} ENGINE = Atomic`

export function createTable(table: Table, retention: Retention): string {
  const parts = [...table.columns.map(columnText), ...(table.indexes ?? [])]
  return [
    `CREATE TABLE IF NOT EXISTS ${DATABASE}.${table.name} (${parts.join(', ')})`,
    `ENGINE = ${table.engine}`,
    `PARTITION BY ${table.partitionBy}`,
    ...(table.primaryKey === undefined ? [] : [`PRIMARY KEY ${table.primaryKey}`]),
    `ORDER BY ${table.orderBy}`,
    `TTL ${timeToLive(table, retention)}`,
    `SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`,
  ].join(' ')
}

/** Expression after which a row may be dropped; the engine shows it in the same form. */
export function timeToLive(table: Table, retention: Retention): string {
  return `${table.ttlFrom} + toIntervalDay(${retentionDays(table.retention, retention)})`
}

/** Columns that an older table lacks, each put where the contract has it. */
export function addColumns(table: Table, present: ReadonlySet<string>): string[] {
  return table.columns.flatMap((column, index) => {
    if (present.has(column.name)) return []
    const before = table.columns[index - 1]
    const place = before ? `AFTER \`${before.name}\`` : 'FIRST'
    return [`ALTER TABLE ${DATABASE}.${table.name} ADD COLUMN IF NOT EXISTS ${columnText(column)} ${place}`]
  })
}

/** Changes the retention. Existing parts keep their dates until they are merged; nothing is rewritten. */
export function modifyTimeToLive(table: Table, retention: Retention): string {
  return `ALTER TABLE ${DATABASE}.${table.name} MODIFY TTL ${timeToLive(table, retention)} SETTINGS materialize_ttl_after_modify = 0`
}

function columnText({ name, type, default: expression, codec }: Column): string {
  return [
    `\`${name}\` ${type}`,
    ...(expression === undefined ? [] : [`DEFAULT ${expression}`]),
    ...(codec === undefined ? [] : [`CODEC(${codec})`]),
  ].join(' ')
}
