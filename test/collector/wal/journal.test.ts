import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodeFileLayer } from '../../../collector/src/wal/file-layer.ts'
import { nextIdentity, segmentName } from '../../../collector/src/wal/identity.ts'
import { isRequest, journalLine, readJournal, type JournalEntry } from '../../../collector/src/wal/journal.ts'
import { RepeatMemory } from '../../../collector/src/wal/repeat-memory.ts'
import { SegmentWriter } from '../../../collector/src/wal/segment.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const part = { table: 'otel_logs', offset: 0, length: 5, rows: 1, weight: 1, crc: 7, oldest: 1, newest: 2 } as const
const entry = (sequence: number): JournalEntry => ({ sequence, time: 5, hash: 'h', items: 1, parts: [part] })

test('a journal cut anywhere gives the entries whose lines are whole', () => {
  const lines = [1, 2, 3].map((sequence) => journalLine(entry(sequence)))
  const whole = Buffer.concat(lines)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length }), (length) => {
      const read = readJournal(whole.subarray(0, length), 's')
      const complete = [1, 2, 3].filter((count) => Buffer.concat(lines.slice(0, count)).length - 1 <= length).length // the line break may be missing
      expect(read.lines.map(({ entry: { sequence } }) => sequence)).toEqual([1, 2, 3].slice(0, complete))
    }),
  )
})

test('garbage in a journal is no entry', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readJournal(Buffer.from(bytes), 's').lines.length === 0))
})

test('damage in one line leaves the others, and says where it is', () => {
  const lines = [1, 2, 3].map((sequence) => journalLine(entry(sequence)))
  const second = lines[0]!.length
  fc.assert(
    fc.property(fc.integer({ min: 0, max: lines[1]!.length - 2 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const bytes = Buffer.concat(lines)
      bytes[second + at]! ^= mask
      const { lines: read, unread } = readJournal(bytes, 's')
      expect(read.map(({ entry: { sequence } }) => sequence)).toEqual([1, 3])
      expect(unread.every(({ start, end }) => start >= second && end <= second + lines[1]!.length)).toBe(true)
      expect(unread.length).toBeGreaterThan(0)
    }),
  )
})

test('a damaged line break costs nothing', () => {
  const bytes = Buffer.concat([1, 2, 3].map((sequence) => journalLine(entry(sequence))))
  bytes[bytes.indexOf(10)] = 42
  expect(readJournal(bytes, 's')).toMatchObject({
    lines: [{ entry: { sequence: 1 } }, { entry: { sequence: 2 } }, { entry: { sequence: 3 } }],
    unread: [],
  })
})

test('where more than sixteen lines run together, the first fifteen are read and the rest is unread', () => {
  const bytes = Buffer.concat(Array.from({ length: 20 }, (_, sequence) => journalLine(entry(sequence))))
  for (let at = bytes.indexOf(10); at >= 0 && at < bytes.length - 1; at = bytes.indexOf(10)) bytes[at] = 42
  const { lines, unread } = readJournal(bytes, 's')
  expect(lines.map(({ entry: { sequence } }) => sequence)).toEqual(Array.from({ length: 15 }, (_, i) => i))
  expect(unread).toMatchObject([{ end: bytes.length, hasEnd: true }])
})

test('an entry of a table that a later version knows is refused, not lost', () => {
  const line = journalLine({ ...entry(1), parts: [{ ...part, table: 'otel_profiles' as 'otel_logs' }] })
  expect(() => readJournal(line, 's')).toThrow(/otel_profiles/)
})

test('each start has a higher boot, the id stays; a damaged file gives a new id', () => {
  const folder = tempFolder()
  const first = nextIdentity(folder)
  expect(nextIdentity(folder)).toEqual({ id: first.id, boot: 2 })
  expect(segmentName(first, 3)).toBe(`${first.id}-000001-00000003`)
  writeFileSync(join(folder, 'collector.json'), '{"id":')
  expect(nextIdentity(folder).id).not.toBe(first.id)
})

test('a body is remembered for ten minutes', () => {
  const memory = new RepeatMemory()
  memory.note('a', 0)
  memory.note('', 0)
  expect([memory.has('a', 599_999), memory.has('a', 600_000), memory.size]).toEqual([true, false, 1])
  memory.note('b', 700_000)
  expect(memory.size).toBe(1)
})

test('a segment on a real disk holds what was committed, and a rollback takes the rest away', async () => {
  const root = tempFolder()
  const writer = new SegmentWriter(nodeFileLayer, root, 's')
  const piece = { table: 'otel_logs', bytes: Buffer.from('12345'), rows: 1, weight: 1, oldest: 1, newest: 2 } as const
  const addition = { sequence: 0, time: 1, hash: '', items: 1, pieces: [piece], tail: [] }
  await writer.commit([addition, addition])
  writeFileSync(join(root, 's', 'otel_logs.native'), '1234512345half')
  await writer.rollBack()
  await writer.close()
  expect((await nodeFileLayer.read(join(root, 's', 'otel_logs.native'))).toString()).toBe('1234512345')
  expect(readJournal(await nodeFileLayer.read(join(root, 's', 'journal')), 's').lines).toHaveLength(2)
  expect(writer.content.get('otel_logs')).toEqual({ length: 10, rows: 2, weight: 2, oldest: 1, newest: 2 })
  await nodeFileLayer.syncFolder(root)
  expect(await nodeFileLayer.list(join(root, 'none'))).toEqual([])
})

test('events of the collector and its own lines are no requests', () => {
  expect(['', 'e12', 'l12', 'm', 'x'].map((hash) => isRequest({ hash }))).toEqual([false, false, true, true, true])
})
