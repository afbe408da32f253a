import { tables } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { addColumns, createTable, modifyTimeToLive } from '../../../collector/src/schema/index.ts'

const retention = { telemetryDays: 7, rollupDays: 30, pinnedDays: 90 }

test('a table is made with codecs, indexes, keys, retention and a deduplication window', () => {
  const sql = createTable(tables.otel_logs, retention)
  expect(sql).toContain('`Timestamp` DateTime64(9) CODEC(Delta(8), ZSTD(1))')
  expect(sql).toContain('`TimestampTime` DateTime DEFAULT toDateTime(Timestamp)')
  expect(sql).toContain('INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1')
  expect(sql).toContain('PRIMARY KEY (ServiceName, TimestampTime) ORDER BY (ServiceName, TimestampTime, Timestamp)')
  expect(sql).toContain('TTL TimestampTime + toIntervalDay(7)')
  expect(sql).toMatch(/ttl_only_drop_parts = 1, non_replicated_deduplication_window = [1-9]\d+$/)
})

test('rollups and events are kept for as long as rollups', () => {
  expect(createTable(tables.red_1m, retention)).toContain('TTL Minute + toIntervalDay(30)')
  expect(modifyTimeToLive(tables.events, retention)).toContain('MODIFY TTL toDateTime(Time) + toIntervalDay(30)')
})

test('missing columns are added where the contract has them', () => {
  const present = new Set(tables.events.columns.map(({ name }) => name))
  expect(addColumns(tables.events, present)).toEqual([])
  present.delete('Time')
  present.delete('Holders')
  expect(addColumns(tables.events, present)).toEqual([
    'ALTER TABLE spyglass.events ADD COLUMN IF NOT EXISTS `Time` DateTime64(3) CODEC(Delta(8), ZSTD(1)) FIRST',
    'ALTER TABLE spyglass.events ADD COLUMN IF NOT EXISTS `Holders` String CODEC(ZSTD(1)) AFTER `Attributes`',
  ])
})
