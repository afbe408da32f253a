import { appendFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLogger } from '@spyglass/process/logger'
import { MAX_LINE, splitLines } from '../../../collector/src/tail/line-reader.ts'
import { rowOfLine } from '../../../collector/src/tail/log-line.ts'
import { openOffsets, Tailer } from '../../../collector/src/tail/tailer.ts'
import { TailedFile } from '../../../collector/src/tail/tailed-file.ts'
import type { Submission, TailOffset } from '../../../collector/src/wal/index.ts'
import { readNative } from '../../support/native.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const logger = createLogger({ process: 'test', level: 'silent' })

/** A log that keeps rows and offsets together, as the journal does. */
class Target {
  readonly rows: Record<string, unknown>[] = []
  readonly offsets = new Map<string, TailOffset>()
  isFull = false

  async append({ blocks, tail = [] }: Submission) {
    if (this.isFull) throw new Error('full')
    for (const block of blocks) this.rows.push(...readNative(block.encode('b')))
    for (const offset of tail) this.offsets.set(offset.file, offset)
    return 'stored' as const
  }

  tailOffset(file: string): TailOffset | undefined {
    return this.offsets.get(file)
  }

  get bodies(): unknown[] {
    return this.rows.map(({ Body }) => Body)
  }
}

function setUp() {
  const folder = tempFolder()
  mkdirSync(join(folder, 'access'))
  const target = new Target()
  const serverLog = join(folder, 'server.log')
  const open = (): Tailer =>
    new Tailer({
      serverLog,
      accessLogs: join(folder, 'access'),
      outputs: join(folder, 'output'),
      others: () => ({ access: [join(folder, 'elsewhere.log')], output: [] }),
      serverName: 'spyglass',
      serverId: '9f8e7d6c-0000-4000-8000-000000000000',
      target,
      logger,
      window: () => ({ from: 0, to: 1e11, nowMs: 0 }),
    })
  return { folder, target, serverLog, open }
}

test('whole lines are stored once, a partial last line waits for its end', async () => {
  const { target, serverLog, open } = setUp()
  const tailer = open()
  writeFileSync(serverLog, 'one\ntwo\nthr')
  await tailer.poll()
  await tailer.poll()
  expect(target.bodies).toEqual(['one', 'two'])
  appendFileSync(serverLog, 'ee\n')
  await tailer.poll()
  expect(target.bodies).toEqual(['one', 'two', 'three'])
  await tailer.stop()
})

test('after a kill it continues where the journal says', async () => {
  const { target, serverLog, open } = setUp()
  writeFileSync(serverLog, 'one\n')
  const killed = open()
  await killed.poll()
  target.isFull = true
  appendFileSync(serverLog, 'two\n')
  await expect(killed.poll()).rejects.toThrow('full')
  target.isFull = false
  const next = open()
  await next.poll()
  expect(target.bodies).toEqual(['one', 'two'])
  await Promise.all([killed.stop(), next.stop()])
})

test('a rotation by rename loses no line, while it runs and while it is down', async () => {
  const { target, serverLog, open } = setUp()
  const first = open()
  writeFileSync(serverLog, 'one\n')
  await first.poll()
  appendFileSync(serverLog, 'two\nlast without end')
  renameSync(serverLog, `${serverLog}.1`)
  writeFileSync(serverLog, 'three\n')
  await first.poll()
  await first.poll()
  expect(target.bodies).toEqual(['one', 'two', 'last without end', 'three'])
  await first.stop()
  appendFileSync(serverLog, 'four\n')
  renameSync(serverLog, `${serverLog}.2`)
  writeFileSync(serverLog, 'five\n')
  const second = open()
  await second.poll()
  await second.poll()
  expect(target.bodies.slice(4)).toEqual(['four', 'five'])
  await second.stop()
})

test('a truncated file is read from its beginning', async () => {
  const { target, serverLog, open } = setUp()
  const tailer = open()
  writeFileSync(serverLog, 'one\ntwo\n')
  await tailer.poll()
  truncateSync(serverLog)
  appendFileSync(serverLog, 'new\n')
  await tailer.poll()
  expect(target.bodies).toEqual(['one', 'two', 'new'])
  await tailer.stop()
})

test('access logs are read by application, with trace ids and attributes', async () => {
  const { folder, target, open } = setUp()
  const path = join(folder, 'access', 'shop.log')
  const line = {
    time: '2026-01-31T12:00:00.000Z',
    'http.request.method': 'GET',
    'url.path': '/shop/7',
    'http.response.status_code': 500,
    duration_ms: 1.7,
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    instance: 'http-1',
    application: 'shop',
  }
  writeFileSync(path, `${JSON.stringify(line)}\n`)
  const tailer = open()
  await tailer.poll()
  expect(target.rows).toMatchObject([
    {
      Timestamp: BigInt(Date.parse(line.time)) * 1_000_000n,
      Body: 'GET /shop/7 500',
      ServiceName: 'shop',
      SeverityText: 'ERROR',
      SeverityNumber: 17,
      TraceId: line.trace_id,
      ResourceAttributes: {
        'service.name': 'shop',
        'service.instance.id': 'http-1@9f8e7d6c',
        'spyglass.server.name': 'spyglass',
        'spyglass.application': 'shop',
      },
      LogAttributes: {
        'log.file.path': path,
        'http.request.method': 'GET',
        'url.path': '/shop/7',
        'http.response.status_code': '500',
        duration_ms: '1.7',
      },
    },
  ])
  await tailer.stop()
})

test('lines of the server log keep process, level, fields and trace ids', () => {
  const origin = { file: '/server.log', kind: 'server', service: 'spyglass', server: 'spyglass', serverId: '9f8e7d6c', readAt: 5 } as const
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-01-31T12:00:00.000Z',
    process: 'http-1',
    pid: 7,
    msg: 'pool exhausted',
    err: { code: 'E' },
  })
  expect(rowOfLine(line, origin)).toMatchObject({
    severityText: 'WARN',
    severityNumber: 13,
    service: 'http-1',
    body: 'pool exhausted',
    attributes: [
      ['log.file.path', '/server.log'],
      ['pid', '7'],
      ['err', '{"code":"E"}'],
    ],
  })
  expect(rowOfLine('{"level":50,"msg":"x"}', origin)).toMatchObject({ severityText: 'ERROR', service: 'spyglass', time: 5 })
  expect(rowOfLine('plain {text', origin)).toMatchObject({ body: 'plain {text', severityNumber: 0, time: 5 })
})

test('any line gives a row', () => {
  const origin = { file: '/f', kind: 'server', service: 's', server: 's', serverId: '9f8e7d6c', readAt: 5 } as const
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.object().map((value) => JSON.stringify(value)),
      ),
      (line) => {
        expect(rowOfLine(line, origin).service).not.toBe('')
      },
    ),
  )
})

test('lines cut at any byte come out whole, characters of several bytes too', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\r\n]/.test(text))),
      fc.nat(),
      (wanted, cutSeed) => {
        const bytes = Buffer.from(wanted.map((line) => `${line}\n`).join(''))
        const cut = bytes.length === 0 ? 0 : cutSeed % bytes.length
        const first = splitLines(bytes.subarray(0, cut))
        const second = splitLines(bytes.subarray(first.taken))
        expect([...first.lines, ...second.lines]).toEqual(wanted)
      },
    ),
  )
})

test('a line without end is cut at the bound', () => {
  const { lines, taken } = splitLines(Buffer.from('ü'.repeat(MAX_LINE)))
  expect(lines).toHaveLength(1)
  expect(Buffer.byteLength(lines[0]!)).toBeLessThanOrEqual(MAX_LINE)
  expect(taken).toBe(MAX_LINE * 2)
})

test('a file that is not there yet is waited for', async () => {
  const path = join(tempFolder(), 'later.log')
  const file = new TailedFile(path, undefined)
  expect(await file.next()).toBeUndefined()
  writeFileSync(path, 'x\n')
  expect((await file.next())?.lines).toEqual(['x'])
  await file.close()
})

test('offsets are saved and loaded; those before the last take the place of damaged ones', () => {
  const folder = tempFolder()
  const damages: string[] = []
  const file = openOffsets(folder, ({ reason }) => damages.push(reason))
  expect(file.read()).toBeUndefined()
  file.write([{ file: '/a', inode: 1, offset: 2 }])
  file.write([{ file: '/a', inode: 1, offset: 9 }])
  expect(file.read()).toEqual([{ file: '/a', inode: 1, offset: 9 }])
  for (const content of ['{', '{}', '[{"file":1}]', '[null]']) {
    writeFileSync(join(folder, 'tail-offsets.json'), content)
    expect(file.read()).toEqual([{ file: '/a', inode: 1, offset: 2 }])
  }
  expect(damages).toHaveLength(4)
})

test('output that applications have in files of their own, and access logs elsewhere, are read as well', async () => {
  const { folder, target, open } = setUp()
  mkdirSync(join(folder, 'output'))
  writeFileSync(join(folder, 'output/shop.log'), '{"level":"info","msg":"hello","application":"shop","process":"shop-1"}\n')
  writeFileSync(join(folder, 'elsewhere.log'), '{"url.path":"/cart","application":"shop","instance":"shop-1"}\n')
  const tailer = open()
  await tailer.poll()
  expect(target.rows).toHaveLength(2)
  expect(target.bodies).toContain('hello')
  await tailer.stop()
})
