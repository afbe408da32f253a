import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { checkedLine } from '@spyglass/process/durable-file'
import { acknowledgedBytes } from '../../../collector/src/wal/acknowledged.ts'
import { unannouncedDamage } from '../../../collector/src/wal/damage.ts'
import type { FileLayer } from '../../../collector/src/wal/file-layer.ts'
import { type JournalEntry, journalLine } from '../../../collector/src/wal/journal.ts'
import { recover } from '../../../collector/src/wal/recovery.ts'
import { type Addition, SegmentWriter } from '../../../collector/src/wal/segment.ts'
import { MemoryFiles } from '../../support/memory-files.ts'

const ROOT = '/wal'
const NAME = '0123456789ab-000001-00000000'
const LOGS = `${ROOT}/${NAME}/otel_logs.native`
const JOURNAL = `${ROOT}/${NAME}/journal`

const addition = (sequence: number, text: string): Addition => ({
  sequence,
  time: 1,
  hash: `l${text}`,
  items: 1,
  pieces: [{ table: 'otel_logs', bytes: Buffer.from(text), rows: 1, weight: 1, oldest: 1, newest: 2 }],
  tail: [],
})

async function segmentOf(...texts: string[]): Promise<MemoryFiles> {
  const files = new MemoryFiles()
  await fill(files, NAME, texts)
  return files
}

async function fill(files: MemoryFiles, name: string, texts: readonly string[]): Promise<void> {
  const writer = new SegmentWriter(files, ROOT, name)
  for (const [i, text] of texts.entries()) await writer.commit([addition(i, text)])
}

/** A segment as version 0.1 wrote it: no indexes, no count of what was acknowledged. */
function oldSegment(texts: readonly string[]): MemoryFiles {
  const files = new MemoryFiles()
  let offset = 0
  const lines = texts.map((text, sequence) => {
    const bytes = Buffer.from(text)
    const part = { table: 'otel_logs', offset, length: bytes.length, rows: 1, weight: 1, crc: crc32(bytes), oldest: 1, newest: 2 } as const
    offset += bytes.length
    return journalLine({ sequence, time: 1, hash: `l${text}`, items: 1, parts: [part] } satisfies JournalEntry)
  })
  files.put(LOGS, Buffer.from(texts.join('')))
  files.put(JOURNAL, Buffer.concat(lines))
  return files
}

/** A segment as builds wrote it that did not name the segment in its lines and its count. */
function unnamedSegment(texts: readonly string[]): MemoryFiles {
  const files = oldSegment(texts)
  const acknowledged = (entries: number): string => JSON.stringify({ entries, requests: entries })
  const lines = texts.map((text, index) => {
    const bytes = Buffer.from(text)
    const part = { table: 'otel_logs', offset: 2 * index, length: 2, rows: 1, weight: 1, crc: crc32(bytes), oldest: 1, newest: 2 } as const
    const after = { entries: index, requests: index }
    return journalLine({ sequence: index, time: 1, hash: `l${text}`, items: 1, parts: [part], index, after })
  })
  files.put(JOURNAL, Buffer.concat(lines))
  const copy = Buffer.alloc(64)
  checkedLine(acknowledged(texts.length)).copy(copy)
  files.put(`${ROOT}/${NAME}/acknowledged`, Buffer.concat([copy, copy]))
  return files
}

async function change(files: MemoryFiles, path: string, at: number, byte: number): Promise<void> {
  const bytes = await files.read(path)
  bytes[at] = byte
  files.put(path, bytes)
}

const hashesIn = async (files: MemoryFiles): Promise<string[]> =>
  (await recover(files, ROOT)).segments.flatMap(({ entries }) => entries.map(({ hash }) => hash))

test('one flipped byte of the fourth request of five costs the fourth alone, and its bytes are set aside with a report', async () => {
  const files = await segmentOf('c0', 'c1', 'c2', 'c3', 'c4')
  await change(files, LOGS, 7, 88)
  const { segments, damage, droppedBytes } = await recover(files, ROOT)
  expect(droppedBytes).toBe(0) // it was acknowledged
  expect(segments[0]!.entries.map(({ hash }) => hash)).toEqual(['lc0', 'lc1', 'lc2', 'lc4'])
  expect((await files.read(LOGS)).toString()).toBe('c0c1c2c4')
  const folder = `${ROOT}/quarantine/${NAME}.damaged`
  expect(damage).toMatchObject([{ segment: NAME, lost: { entries: 1, requests: 1 }, isCounted: true, folder }])
  expect((await files.read(`${folder}/otel_logs.native`)).toString()).toBe('cX')
  expect((await files.read(`${folder}/journal`)).toString()).toContain('"hash":"lc3"')
  expect(await hashesIn(files)).toEqual(['lc0', 'lc1', 'lc2', 'lc4']) // the repaired segment is whole
})

test('damage in the first line of a journal leaves the rest of the segment', async () => {
  const files = await segmentOf('c0', 'c1', 'c2')
  await change(files, JOURNAL, 20, 0)
  expect(await hashesIn(files)).toEqual(['lc1', 'lc2'])
})

test('a journal whose first byte became a line break keeps all other lines, however many', async () => {
  const texts = Array.from({ length: 40 }, (_, i) => `c${i}`)
  const files = await segmentOf(...texts)
  await change(files, JOURNAL, 0, 10)
  expect(await hashesIn(files)).toEqual(texts.slice(1).map((text) => `l${text}`))
})

test('a missing piece between two entries that hold is not filled with the next entry', async () => {
  const files = await segmentOf('aa', 'bb', 'cc')
  const lines = (await files.read(JOURNAL)).toString().split('\n')
  files.put(JOURNAL, Buffer.from([lines[0], 'x', lines[2], ''].join('\n')))
  const { segments, damage } = await recover(files, ROOT)
  expect(segments[0]!.entries.map(({ parts }) => parts[0]!.offset)).toEqual([0, 4])
  expect((await files.read(LOGS)).toString()).toBe('aacc')
  expect(damage[0]!.lost).toEqual({ entries: 1, requests: 1 })
})

test('lines of the server itself and events are no requests, whether their lines or their rows are damaged', async () => {
  const files = new MemoryFiles()
  const writer = new SegmentWriter(files, ROOT, NAME)
  const kinds = ['l', '', 'e', 'm', '']
  await writer.commit(kinds.map((kind, i) => ({ ...addition(i, `${i}${i}`), hash: kind === '' ? '' : `${kind}${i}` })))
  await writer.close()
  for (const at of [2, 4, 6]) await change(files, LOGS, at, 88)
  expect((await recover(files.afterKill(), ROOT)).damage[0]?.lost).toEqual({ entries: 3, requests: 1 })
  await files.remove(JOURNAL)
  expect((await recover(files, ROOT)).damage[0]?.lost).toEqual({ entries: 5, requests: 2 })
})

test('without the count, the tallies in the lines and the kinds of entries tell how many requests are lost', async () => {
  const files = new MemoryFiles()
  const writer = new SegmentWriter(files, ROOT, NAME)
  const entry = (i: number, kind: string): Addition => ({ ...addition(i, `${i}${i}`), hash: kind === '' ? '' : `${kind}${i}` })
  await writer.commit([entry(0, 'l'), entry(1, '')])
  await writer.commit([entry(2, 'l'), entry(3, ''), entry(4, 'l')])
  await writer.close()
  files.put(`${ROOT}/${NAME}/acknowledged`, Buffer.alloc(128, 1))
  await change(files, LOGS, 4, 88)
  const { damage } = await recover(files, ROOT)
  expect(damage[0]).toMatchObject({ lost: { entries: 1, requests: 1 }, isCounted: false })
})

test('when the count of what was acknowledged is damaged too, the lines tell', async () => {
  const files = await segmentOf('c0', 'c1', 'c2')
  files.put(`${ROOT}/${NAME}/acknowledged`, Buffer.alloc(128, 1))
  await change(files, LOGS, 2, 88)
  expect((await recover(files.afterKill(), ROOT)).damage[0]?.lost).toEqual({ entries: 1, requests: 1 })
  await files.truncate(LOGS, 3)
  const { damage, segments } = await recover(files, ROOT)
  expect([damage[0]?.lost.requests, damage[0]?.isCounted, segments[0]?.entries.length]).toEqual([2, false, 1])
})

test.each([0, 1, 2, 3])('without the count of what was acknowledged no damage is taken for a torn tail (%i)', async (way) => {
  const files = await segmentOf('c0', 'c1', 'c2')
  if (way % 2 === 0) await files.remove(`${ROOT}/${NAME}/acknowledged`)
  else files.put(`${ROOT}/${NAME}/acknowledged`, Buffer.alloc(128, 1))
  if (way < 2) await files.truncate(LOGS, 5)
  else await files.truncate(JOURNAL, (await files.read(JOURNAL)).length - 20)
  const { damage, droppedBytes } = await recover(files, ROOT)
  expect(damage).toMatchObject([{ segment: NAME, isCounted: false }])
  expect(droppedBytes).toBe(0)
  expect(await hashesIn(files)).toEqual(['lc0', 'lc1'])
  await change(files, LOGS, 2, 88) // what is left is counted again
  expect((await recover(files, ROOT)).damage.filter(({ isCounted }) => isCounted)).toMatchObject([{ lost: { entries: 1, requests: 1 } }])
})

test('a segment that was created and never written is no damage, nor is the count alone', async () => {
  for (const acknowledged of [undefined, Buffer.alloc(0), acknowledgedBytes({ entries: 0, requests: 0 }, NAME)]) {
    const files = new MemoryFiles()
    files.put(LOGS, Buffer.alloc(0))
    if (acknowledged) files.put(`${ROOT}/${NAME}/acknowledged`, acknowledged)
    const { segments, damage } = await recover(files, ROOT)
    expect([segments, damage, files.paths]).toEqual([[], [], []])
  }
})

test.each([
  { swapped: ['journal'], lost: { a: 3, b: 5 }, kept: {} },
  { swapped: ['acknowledged'], lost: {}, kept: { a: 3, b: 5 } },
  { swapped: ['journal', 'acknowledged'], lost: { a: 'unknown', b: 'unknown' }, kept: {} },
])('a segment does not count what another has in its $swapped', async ({ swapped, lost, kept }) => {
  const files = new MemoryFiles()
  const names = { a: NAME, b: `${NAME.slice(0, -1)}1` }
  // entries of one length: only their segment distinguishes them
  await fill(files, names.a, ['c0', 'c1', 'c2'])
  await fill(files, names.b, ['c0', 'c1', 'c2', 'd3', 'd4'])
  for (const file of swapped) {
    await files.rename(`${ROOT}/${names.a}/${file}`, `${ROOT}/aside`)
    await files.rename(`${ROOT}/${names.b}/${file}`, `${ROOT}/${names.a}/${file}`)
    await files.rename(`${ROOT}/aside`, `${ROOT}/${names.b}/${file}`)
  }
  const { segments, damage } = await recover(files, ROOT)
  const idOf = (name: string): string => (name === names.a ? 'a' : 'b')
  expect(Object.fromEntries(damage.map((one) => [idOf(one.segment), one.isCounted ? one.lost.requests : 'unknown']))).toEqual(lost)
  expect(Object.fromEntries(segments.map(({ name, entries }) => [idOf(name), entries.length]))).toEqual(kept)
})

test('a journal that is gone is announced with the number of requests that were acknowledged', async () => {
  const files = await segmentOf('c0', 'c1', 'c2')
  await files.remove(JOURNAL)
  const { segments, damage } = await recover(files, ROOT)
  expect(segments).toEqual([])
  expect(damage[0]).toMatchObject({ lost: { entries: 3, requests: 3 }, isCounted: true, bytes: 6 })
})

test('rows without an owner are set aside, not deleted', async () => {
  const files = await segmentOf('c0')
  await files.remove(JOURNAL)
  await files.remove(`${ROOT}/${NAME}/acknowledged`)
  const { damage } = await recover(files, ROOT)
  expect(damage[0]).toMatchObject({ lost: { entries: 0, requests: 0 }, isCounted: false, bytes: 2 })
})

test('a torn tail is cut off to the byte, without a report', async () => {
  const files = await segmentOf('c0', 'c1')
  const journal = await files.read(JOURNAL)
  files.put(LOGS, Buffer.from('c0c1c2'))
  files.put(JOURNAL, Buffer.concat([journal, Buffer.from('0123abcd {"seq')]))
  const { damage, droppedBytes } = await recover(files, ROOT)
  expect([damage, droppedBytes, (await files.read(LOGS)).toString()]).toEqual([[], 16, 'c0c1'])
  expect((await files.read(JOURNAL)).toString()).toBe(journal.toString())
})

test('a journal that was torn before its last line break does not grow', async () => {
  const files = await segmentOf('c0', 'c1')
  const journal = (await files.read(JOURNAL)).subarray(0, -1)
  files.put(LOGS, Buffer.from('c0c1c2'))
  files.put(JOURNAL, journal)
  expect(await hashesIn(files)).toEqual(['lc0', 'lc1'])
  expect((await files.read(JOURNAL)).toString()).toBe(journal.toString())
})

test('in a segment of version 0.1 each unread line counts as one, a short end as torn', async () => {
  const texts = ['c0', 'c1', 'c2', 'c3']
  const flipped = oldSegment(texts)
  await change(flipped, JOURNAL, 20, 0)
  expect((await recover(flipped, ROOT)).damage[0]?.lost.requests).toBe(1)
  const last = oldSegment(texts)
  await change(last, LOGS, 7, 88)
  expect((await recover(last, ROOT)).damage[0]?.lost.requests).toBe(1)
  const torn = oldSegment(texts)
  await torn.truncate(LOGS, 7)
  expect((await recover(torn, ROOT)).damage).toEqual([])
  expect(await hashesIn(oldSegment(texts))).toEqual(['lc0', 'lc1', 'lc2', 'lc3'])
})

test('in a segment whose lines do not name it yet everything is kept, and losses are counted', async () => {
  const texts = ['c0', 'c1', 'c2', 'c3']
  expect(await hashesIn(unnamedSegment(texts))).toEqual(['lc0', 'lc1', 'lc2', 'lc3'])
  const damaged = unnamedSegment(texts)
  await change(damaged, LOGS, 3, 88)
  await damaged.truncate(LOGS, 7)
  const { segments, damage } = await recover(damaged, ROOT)
  expect(damage).toMatchObject([{ lost: { entries: 2, requests: 2 }, isCounted: true }])
  expect(segments[0]?.entries.map(({ hash, segment }) => [hash, segment])).toEqual([
    ['lc0', undefined],
    ['lc2', undefined],
  ])
  expect(await hashesIn(damaged)).toEqual(['lc0', 'lc2'])
  await damaged.remove(`${ROOT}/${NAME}/acknowledged`)
  await damaged.truncate(LOGS, 3) // it has been rewritten: a missing count is damage now
  expect((await recover(damaged, ROOT)).damage.find(({ isCounted }) => !isCounted)).toMatchObject({ segment: NAME })
})

test('damage among the journals of stored segments leaves the other lines', async () => {
  const files = await segmentOf('c0', 'c1', 'c2')
  await files.rename(JOURNAL, `${ROOT}/done/${NAME}`)
  await files.remove(`${ROOT}/${NAME}`)
  await change(files, `${ROOT}/done/${NAME}`, 20, 0)
  const { remembered, damage } = await recover(files, ROOT)
  expect(remembered.map(({ hash }) => hash)).toEqual(['lc1', 'lc2'])
  expect(damage).toMatchObject([{ lost: { entries: 0, requests: 0 } }])
  expect((await recover(files, ROOT)).damage).toHaveLength(1) // found once, not once more with each start
})

test('a folder that was left when its segment was stored is no damage', async () => {
  const files = await segmentOf('c0')
  await files.rename(JOURNAL, `${ROOT}/done/${NAME}`)
  const { segments, remembered, damage } = await recover(files, ROOT)
  expect([segments, remembered.length, damage, files.paths]).toEqual([[], 1, [], [`${ROOT}/done/${NAME}`]])
})

/** Fails with the `count`th change, as a kill would end it there. */
function killedAt(files: FileLayer, count: number): FileLayer {
  let left = count
  const mutating = new Set(['open', 'truncate', 'rename', 'remove', 'makeFolder'])
  return new Proxy(files, {
    get(target, name) {
      const value = Reflect.get(target, name) as (...given: unknown[]) => unknown
      if (typeof value !== 'function') return value
      return async (...given: unknown[]) => {
        if (mutating.has(String(name)) && left-- <= 0) throw Object.assign(new Error('killed'), { code: 'KILLED' })
        return await value.apply(target, given)
      }
    },
  })
}

test('a kill at any moment of a repair costs nothing more', async () => {
  for (let step = 0; ; step++) {
    const files = await segmentOf('c0', 'c1', 'c2')
    await change(files, LOGS, 2, 88)
    const error = await recover(killedAt(files, step), ROOT).catch((failure: unknown) => failure)
    expect(await hashesIn(files)).toEqual(['lc0', 'lc2'])
    expect((await unannouncedDamage(files, ROOT)).map(({ lost }) => lost.requests)).toEqual([1])
    expect(files.paths.filter((path) => /\.(repairing|replaced)/.test(path))).toEqual([])
    if (codeOf(error) !== 'KILLED') return
  }
})

test('a line of the journal that is there twice gives its rows once, and is set aside', async () => {
  const files = await segmentOf('c0', 'c1')
  const journal = await files.read(JOURNAL)
  files.put(JOURNAL, Buffer.concat([journal.subarray(0, journal.indexOf(10) + 1), journal]))
  const { segments, damage } = await recover(files, ROOT)
  expect(segments.map(({ entries, content }) => [entries.length, content.get('otel_logs')?.rows])).toEqual([[2, 2]])
  expect(damage).toMatchObject([{ segment: NAME, lost: { entries: 0, requests: 0 } }])
})
