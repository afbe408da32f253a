import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { acknowledgedBytes } from '../../../collector/src/wal/acknowledged.ts'
import { inspect } from '../../../collector/src/wal/inspection.ts'
import { journalLine } from '../../../collector/src/wal/journal.ts'

const rows = Buffer.from('abcd')

/** What is kept of one entry whose part lies so in a file of four bytes. */
function kept(offset: number, length: number, crc = crc32(rows.subarray(offset, offset + length))): number {
  const part = { table: 'otel_logs', offset, length, rows: 1, weight: 1, crc, oldest: 1, newest: 2 } as const
  const journal = journalLine({ segment: 's', index: 0, sequence: 0, time: 1, hash: 'l', items: 1, parts: [part] })
  const acknowledged = acknowledgedBytes({ entries: 1, requests: 1 }, 's')
  return inspect({ name: 's', journal, acknowledged, tables: new Map([['otel_logs', rows]]) }).kept.length
}

test('a part holds when it lies within its file, to the last byte', () => {
  expect([kept(0, 4), kept(1, 3), kept(3, 1), kept(4, 0)]).toEqual([1, 1, 1, 1])
})

test('a part that reaches beyond its file does not hold, though the checksum of what is there is right', () => {
  expect([kept(0, 5), kept(3, 2), kept(4, 1, 0), kept(100, 1, 0), kept(5, 0, 0)]).toEqual([0, 0, 0, 0, 0])
})

test('a part whose checksum differs does not hold', () => {
  expect(kept(0, 4, crc32(rows) + 1)).toBe(0)
})
