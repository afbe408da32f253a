import { afterEach, expect, test, vi } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { logBlock } from '../../../collector/src/decode/log-rows.ts'
import { checkedLine } from '@spyglass/process/durable-file'
import { recover } from '../../../collector/src/wal/recovery.ts'
import type { TableBlock } from '../../../collector/src/native/table-block.ts'
import type { SealedSegment } from '../../../collector/src/wal/sealed-segments.ts'
import { type Submission, type WalOptions, WriteAheadLog } from '../../../collector/src/wal/write-ahead-log.ts'
import { MemoryFiles } from '../../support/memory-files.ts'
import { readNative } from '../../support/native.ts'
import { until } from '../../support/until.ts'

const ROOT = '/wal'
const identity = { id: '0123456789ab', boot: 1 }
const opened: WriteAheadLog[] = []

afterEach(async () => {
  for (const log of opened.splice(0)) await log.stop().catch(() => undefined)
})

async function openLog(files: MemoryFiles, options: Partial<WalOptions> = {}): Promise<{ log: WriteAheadLog; sealed: SealedSegment[] }> {
  const log = await WriteAheadLog.open({ root: ROOT, identity, maxBytes: 1e9, sealMs: { traces: 1e6, others: 1e6 }, files, ...options })
  opened.push(log)
  const sealed: SealedSegment[] = []
  log.subscribe((segment) => sealed.push(segment))
  return { log, sealed }
}

function lines(bodies: readonly string[], hash = ''): Submission {
  const row = {
    time: 1.8e12,
    severityText: '',
    severityNumber: 0,
    service: 's',
    traceId: '',
    spanId: '',
    eventName: '',
    resource: [],
    attributes: [],
  }
  return { lane: 'others', hash, items: bodies.length, blocks: [logBlock(bodies.map((body) => ({ ...row, body })))] }
}

async function bodiesIn(files: MemoryFiles): Promise<string[]> {
  const { segments } = await recover(files, ROOT)
  const bodies: string[] = []
  for (const { name } of segments) {
    for (const row of readNative(await files.read(`${ROOT}/${name}/otel_logs.native`))) bodies.push(String(row['Body']))
  }
  return bodies
}

test('what was acknowledged survives a loss of power', async () => {
  const files = new MemoryFiles()
  const { log } = await openLog(files)
  await log.append(lines(['one']))
  await log.append(lines(['two', 'three']))
  expect(await bodiesIn(files.afterPowerLoss())).toEqual(['one', 'two', 'three'])
})

test('buffers are used again only when their bytes are written: whatever comes in meanwhile, every request keeps its own', async () => {
  const files = new MemoryFiles()
  const { log } = await openLog(files)
  const bodies = Array.from({ length: 120 }, (_, i) => `line ${i} `.repeat(1 + ((i * 37) % 900)))
  const under: Promise<unknown>[] = []
  for (const [i, body] of bodies.entries()) {
    under.push(log.append(lines([body])))
    if (i % 3 === 0) await Promise.resolve() // some meet a round that is being written, some the next
    if (i % 17 === 0) await Promise.all(under.splice(0))
  }
  await Promise.all(under)
  expect(await bodiesIn(files.afterPowerLoss())).toEqual(bodies)
})

test('requests that wait together share their syncs', async () => {
  const files = new MemoryFiles()
  const { log } = await openLog(files)
  await log.append(lines(['first']))
  const before = files.syncs
  await Promise.all(Array.from({ length: 20 }, (_, i) => log.append(lines([`line ${i}`]))))
  expect(files.syncs - before).toBe(2) // the table's file and the journal
  expect(await bodiesIn(files.afterPowerLoss())).toHaveLength(21)
})

test('a file torn at any byte loses nothing that stood before', async () => {
  const files = new MemoryFiles()
  const { log } = await openLog(files)
  for (const body of ['one', 'two', 'three']) await log.append(lines([body]))
  const paths = files.paths.filter((path) => !path.includes('done'))
  for (const path of paths) {
    const whole = await files.read(path)
    for (let length = 0; length < whole.length; length++) {
      const torn = files.afterKill()
      await torn.truncate(path, length)
      const bodies = await bodiesIn(torn)
      expect(['one', 'two', 'three'].slice(0, bodies.length)).toEqual(bodies)
      expect(bodies.length).toBeGreaterThanOrEqual(length > (whole.length * 2) / 3 ? 2 : 0)
    }
  }
})

test('a repeated body is acknowledged and not stored, also after a restart and after its segment was stored', async () => {
  const files = new MemoryFiles()
  const { log, sealed } = await openLog(files)
  expect(await log.append(lines(['one'], 'h1'))).toBe('stored')
  expect(await log.append(lines(['one'], 'h1'))).toBe('repeated')
  await log.seal()
  await log.retire(sealed[0]!)
  const again = await openLog(files.afterKill(), { identity: { ...identity, boot: 2 } })
  expect(await again.log.append(lines(['one'], 'h1'))).toBe('repeated')
})

test('a repeat that comes while the first is being written waits for it', async () => {
  const { log } = await openLog(new MemoryFiles())
  expect(await Promise.all([log.append(lines(['one'], 'h1')), log.append(lines(['one'], 'h1'))])).toEqual(['stored', 'repeated'])
})

test('after ten minutes a body is stored again', async () => {
  let now = 1.8e12
  const { log } = await openLog(new MemoryFiles(), { now: () => now })
  await log.append(lines(['one'], 'h1'))
  now += 600_001
  expect(await log.append(lines(['one'], 'h1'))).toBe('stored')
})

test('a full disk refuses what it cannot hold, keeps what it has, and continues when there is space', async () => {
  const files = new MemoryFiles()
  const { log, sealed } = await openLog(files)
  await log.append(lines(['one'], 'h1'))
  files.space = 100
  const error = await log.append(lines(['two'], 'h2')).catch((failure: unknown) => failure)
  expect(codeOf(error)).toBe('SPY_WAL_WRITE')
  expect(log.failure).toContain('space')
  files.space = 1e9
  expect(await log.append(lines(['two'], 'h2'))).toBe('stored')
  expect(log.failure).toBeUndefined()
  expect(await bodiesIn(files.afterPowerLoss())).toEqual(['one', 'two'])
  await log.seal()
  expect(sealed.map(({ content }) => content.get('otel_logs')?.rows)).toEqual([2])
})

test('a failed sync acknowledges nothing', async () => {
  const files = new MemoryFiles()
  const { log } = await openLog(files)
  files.failSync = true
  expect(codeOf(await log.append(lines(['one'])).catch((failure: unknown) => failure))).toBe('SPY_WAL_WRITE')
  files.failSync = false
})

test('a full log refuses', async () => {
  const { log } = await openLog(new MemoryFiles(), { maxBytes: 10 })
  await log.append(lines(['one']))
  expect(codeOf(await log.append(lines(['two'])).catch((failure: unknown) => failure))).toBe('SPY_WAL_FULL')
})

test('a segment is sealed before it has too many rows', async () => {
  const { log, sealed } = await openLog(new MemoryFiles(), { segmentRows: 3 })
  await log.append(lines(['1', '2']))
  await log.append(lines(['3', '4']))
  await log.seal()
  expect(sealed.map(({ content }) => content.get('otel_logs')?.rows)).toEqual([2, 2])
})

test('without settings a segment holds 500,000 rows, and takes more until it has 64 MiB', async () => {
  const sized = (rows: number, bytes = 1): Submission => {
    const block = {
      table: 'otel_logs',
      rows,
      weight: rows,
      oldest: 1,
      newest: 1,
      encode: () => Buffer.alloc(bytes),
    } as unknown as TableBlock
    return { lane: 'others', hash: '', items: 1, blocks: [block] }
  }
  const sealedBy = async (submissions: readonly Submission[]): Promise<(number | undefined)[]> => {
    const { log, sealed } = await openLog(new MemoryFiles())
    for (const submission of submissions) await log.append(submission)
    await log.seal()
    return sealed.map(({ content }) => content.get('otel_logs')?.rows)
  }
  expect(await sealedBy([sized(499_999), sized(1), sized(1)])).toEqual([500_000, 1])
  expect(await sealedBy([sized(1, 67_108_863), sized(1), sized(1)])).toEqual([2, 1])
})

test('a segment is sealed when it has its age, and names its rows by Batch', async () => {
  const files = new MemoryFiles()
  const log = await WriteAheadLog.open({ root: ROOT, identity, maxBytes: 1e9, sealMs: { traces: 5, others: 5 }, files })
  opened.push(log)
  const sealed = new Promise<SealedSegment>((resolve) => log.subscribe(resolve))
  await log.append(lines(['one']))
  const { name } = await sealed
  expect(name).toBe('0123456789ab-000001-00000000')
  expect(readNative(await files.read(`${ROOT}/${name}/otel_logs.native`))[0]).toMatchObject({ Batch: name })
})

test('tail offsets are restored from their entries', async () => {
  const files = new MemoryFiles()
  const { log } = await openLog(files)
  await log.append({ ...lines(['one']), tail: [{ file: '/a.log', inode: 7, offset: 10 }] })
  await log.append({ ...lines([]), blocks: [], tail: [{ file: '/a.log', inode: 7, offset: 20 }] })
  const again = await openLog(files.afterPowerLoss(), { identity: { ...identity, boot: 2 } })
  expect(again.log.tailOffset('/a.log')).toEqual({ file: '/a.log', inode: 7, offset: 20 })
})

test('a stopped log refuses, and what it held is sealed', async () => {
  const { log, sealed } = await openLog(new MemoryFiles())
  const last = log.append(lines(['one']))
  await log.stop()
  expect(await last).toBe('stored')
  expect(sealed).toHaveLength(1)
  expect(codeOf(await log.append(lines(['two'])).catch((failure: unknown) => failure))).toBe('SPY_WAL_CLOSED')
})

test('a segment whose retirement was interrupted can be retired again', async () => {
  const files = new MemoryFiles()
  const { log, sealed } = await openLog(files)
  await log.append(lines(['one']))
  await log.seal()
  const segment = sealed[0]!
  const removing = vi.spyOn(files, 'remove').mockRejectedValueOnce(Object.assign(new Error('EROFS'), { code: 'EROFS' }))
  await expect(log.retire(segment)).rejects.toThrow('EROFS')
  removing.mockRestore()
  expect(await log.verify(segment)).toBe(segment)
  await log.retire(segment)
  expect([log.pending, log.requestsLost]).toEqual([0, 0])
})

test('a quarantined segment lies beside the log with all its files', async () => {
  const files = new MemoryFiles()
  const { log, sealed } = await openLog(files)
  await log.append(lines(['one']))
  await log.seal()
  const folder = await log.quarantine(sealed[0]!)
  expect(files.paths.filter((path) => path.startsWith(folder))).toEqual([
    `${folder}/acknowledged`,
    `${folder}/journal`,
    `${folder}/otel_logs.native`,
  ])
  expect(log.pending).toBe(0)
})

test('a segment that has its age grows on while another waits for the store, and is sealed when that one is stored', async () => {
  const { log, sealed } = await openLog(new MemoryFiles(), { sealMs: { traces: 1, others: 1 } })
  await log.append(lines(['one']))
  await until(() => sealed.length === 1)
  await log.append(lines(['two']))
  await new Promise((resolve) => setTimeout(resolve, 20)) // well over the age at which it would be sealed
  await log.append(lines(['three']))
  expect(sealed).toHaveLength(1)
  await log.retire(sealed[0]!)
  await until(() => sealed.length === 2)
  expect(sealed[1]!.content.get('otel_logs')?.rows).toBe(2)
})

test('a full disk is named, and that it has space again is noticed without another request', async () => {
  const files = new MemoryFiles()
  const { log } = await openLog(files)
  files.space = 10
  await log.append(lines(['one'])).catch(() => undefined)
  expect(log.failure).toBe('the disk of /wal is full (ENOSPC): free some space')
  files.inodes = 0
  await log.append(lines(['one'])).catch(() => undefined)
  expect(log.failure).toBe('the disk of /wal has no free inodes (ENOSPC): remove small files')
  files.space = 1e9
  await until(() => log.failure === undefined)
})

test('damage that is found before the insert is taken out and announced', async () => {
  const files = new MemoryFiles()
  const { log, sealed } = await openLog(files)
  const announced: number[] = []
  await log.announceDamage(({ lost }) => announced.push(lost.requests))
  for (const body of ['one', 'two', 'three']) await log.append(lines([body], body))
  await log.seal()
  const segment = sealed[0]!
  expect(await log.verify(segment)).toBe(segment)
  const path = `${segment.folder}/otel_logs.native`
  const bytes = await files.read(path)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  files.put(path, bytes)
  const rest = await log.verify(segment)
  expect(rest?.content.get('otel_logs')?.rows).toBe(2)
  expect(readNative(await files.read(path)).map((row) => row['Body'])).toEqual(['one', 'three'])
  expect([announced, log.requestsLost]).toEqual([[1], 1])
  await files.remove(segment.folder)
  expect(await log.verify(rest!)).toBeUndefined()
  expect([announced, log.requestsLost, log.pending]).toEqual([[1, 2], 3, 0]) // this process still knows what the folder held
})

test('which insert is under way comes back after a kill, and can be noted on a full disk', async () => {
  const files = new MemoryFiles()
  const { log } = await openLog(files)
  expect(log.inserting).toBeUndefined()
  files.space = 0
  const segments = Array.from({ length: 100 }, (_, i) => `0123456789ab-000001-${String(i).padStart(8, '0')}`)
  await log.noteInserting({ table: 'otel_logs', segments })
  await log.noteInserting({ table: 'red_1m', segments: segments.slice(0, 1) })
  const again = files.afterKill()
  expect((await openLog(again)).log.inserting).toEqual({ table: 'red_1m', segments: segments.slice(0, 1) })
  await again.truncate('/wal/inserting', 10) // torn: its insert was not sent
  expect((await openLog(again)).log.inserting).toBeUndefined()
})

test('a note of an INSERT that takes less than the reserved space is kept', async () => {
  const files = new MemoryFiles()
  const inserting = { table: 'otel_logs', segments: ['0123456789ab-000001-00000000'] }
  files.put('/wal/inserting', checkedLine(JSON.stringify(inserting)))
  for (let start = 0; start < 2; start++) expect((await openLog(files)).log.inserting).toEqual(inserting)
})

test('a sealed segment counts with its rows and its journal, one that was recovered with its rows', async () => {
  const files = new MemoryFiles()
  const { log, sealed } = await openLog(files)
  await log.append(lines(['one', 'two']))
  await log.append(lines(['three']))
  await log.seal()
  const sizes = await Promise.all(['otel_logs.native', 'journal'].map((name) => files.size(`${sealed[0]!.folder}/${name}`)))
  expect([log.bytes, (await openLog(files.afterKill())).log.bytes]).toEqual([sizes[0]! + sizes[1]!, sizes[0]])
})

test('the log is full at its bound, not a byte before', async () => {
  const files = new MemoryFiles()
  const { log } = await openLog(files)
  await log.append(lines(['one']))
  const full = await openLog(new MemoryFiles(), { maxBytes: log.bytes })
  await full.log.append(lines(['one']))
  expect(full.log.bytes).toBe(log.bytes)
  expect(await full.log.append(lines(['two'])).catch(codeOf)).toBe('SPY_WAL_FULL')
  const roomy = await openLog(new MemoryFiles(), { maxBytes: log.bytes + 1 })
  await roomy.log.append(lines(['one']))
  expect(await roomy.log.append(lines(['two']))).toBe('stored')
})

test('requests that wait with 64 MiB together keep further ones out, a byte less does not', async () => {
  const waiting = (bytes: number): Submission => {
    const [block] = lines(['one']).blocks
    const { table, weight, oldest, newest } = block!
    return { ...lines(['one']), blocks: [{ table, weight, oldest, newest, rows: 1, encode: () => Buffer.alloc(bytes) }] as never }
  }
  for (const [bytes, expected] of [
    [67_108_863, 'stored'],
    [67_108_864, 'SPY_WAL_BUSY'],
  ] as const) {
    const { log } = await openLog(new MemoryFiles())
    const first = log.append(waiting(bytes))
    const second = log.append(waiting(1)).catch(codeOf)
    await first
    expect(await second).toBe(expected)
  }
})
