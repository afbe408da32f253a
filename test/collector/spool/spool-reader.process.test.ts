import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { SpoolReader } from '../../../collector/src/spool/index.ts'
import { fail } from '../../../collector/src/wal/index.ts'
import { runProgram } from '../../support/agent-process.ts'
import { decodeLogs, decodeTraces, plainValue } from '../../support/otlp-definitions.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const PORT = 4999
const logger = pino({ level: 'silent' })

/** Leaves a spool in `folder`: a process that logs and ends at once, with nobody to send to. */
async function leaveSpool(folder: string, endpoint = `http://127.0.0.1:${PORT}`): Promise<void> {
  const env = { SPYGLASS_SPOOL_FOLDER: folder, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: 'left' }
  await runProgram("console.log('a line'); process.exit(3)", { env })
}

function readerOf(folders: { own?: string; others?: readonly string[]; homes?: string }, accept?: () => Promise<void>) {
  const lines: unknown[] = []
  const spans: string[] = []
  const reader = new SpoolReader({
    ownFolder: folders.own ?? join(tempFolder(), 'none'),
    otherFolders: folders.others ?? [],
    ...(folders.homes === undefined ? {} : { homes: folders.homes }),
    port: PORT,
    logger,
    async accept(signal, body) {
      await accept?.()
      if (signal === 'traces')
        for (const { scopeSpans } of decodeTraces(body).resourceSpans ?? [])
          spans.push(...scopeSpans.flatMap(({ spans: own }) => own.map(({ name }) => name)))
      if (signal !== 'logs') return
      for (const { scopeLogs } of decodeLogs(body).resourceLogs)
        lines.push(...scopeLogs.flatMap(({ logRecords }) => logRecords.map((record) => plainValue(record.body))))
    },
  })
  return { reader, lines, spans }
}

const spoolsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.includes('.spool'))

test('a spool is taken in once and removed, and its folder is marked as read', async () => {
  const folder = tempFolder()
  await leaveSpool(folder)
  const { reader, lines } = readerOf({ own: folder })
  await reader.readOnce()
  await reader.readOnce()
  expect([lines, reader.delivered, spoolsIn(folder)]).toEqual([['a line'], 1, []])
  expect(existsSync(join(folder, `reader-${PORT}`))).toBe(true)
})

/** Ends as its only response is closed. */
const ANSWERS_ONCE = `
  import http from 'node:http'
  const server = http.createServer((request, response) => response.once('close', () => process.exit(3)).end('answered'))
  server.listen(0, '127.0.0.1', () => http.get({ port: server.address().port, path: '/orders' }))`

test('the spans of a process that exits at once are taken in', async () => {
  const folder = tempFolder()
  const env = {
    SPYGLASS_SPOOL_FOLDER: folder,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${PORT}`,
    SPYGLASS_SLOW_REQUEST_MS: '0.001',
  }
  expect((await runProgram(ANSWERS_ONCE, { env })).code).toBe(3)
  const { reader, spans } = readerOf({ own: folder })
  await reader.readOnce()
  await reader.readOnce()
  expect([spans, spoolsIn(folder)]).toEqual([['GET /orders'], []])
})

test('in the folder of others only what was meant for this collector is taken', async () => {
  const folder = tempFolder()
  await leaveSpool(folder, 'http://127.0.0.1:4998')
  await leaveSpool(folder, `http://collector.example:${PORT}`)
  await leaveSpool(folder, `http://localhost:${PORT}`)
  const { reader, lines } = readerOf({ others: [folder] })
  await reader.readOnce()
  expect([lines, spoolsIn(folder).length]).toEqual([['a line'], 2])
})

test('a spool that the log cannot take now is taken later, and one request that is refused costs itself alone', async () => {
  const folder = tempFolder()
  await leaveSpool(folder)
  let answer: (() => Promise<void>) | undefined = async () => {
    throw fail('SPY_WAL_BUSY', [1])
  }
  const { reader, lines } = readerOf({ own: folder }, async () => await answer?.())
  await reader.readOnce()
  expect([lines, spoolsIn(folder).length]).toEqual([[], 1])
  answer = undefined
  await reader.readOnce()
  expect([lines, spoolsIn(folder)]).toEqual([['a line'], []])
})

test('two readers of one folder take each spool once', async () => {
  const folder = tempFolder()
  for (let at = 0; at < 3; at++) await leaveSpool(folder)
  const one = readerOf({ own: folder })
  const other = readerOf({ own: folder })
  await Promise.all([one.reader.readOnce(), other.reader.readOnce()])
  await Promise.all([one.reader.readOnce(), other.reader.readOnce()])
  expect([...one.lines, ...other.lines]).toEqual(['a line', 'a line', 'a line'])
})

test('a folder that is not there is left alone until it is', async () => {
  const folder = join(tempFolder(), 'later')
  const { reader, lines } = readerOf({ own: folder })
  await reader.readOnce()
  expect(existsSync(folder)).toBe(false)
  mkdirSync(folder, { mode: 0o700 })
  await leaveSpool(folder)
  reader.start()
  await reader.stop()
  await reader.readOnce()
  expect(lines).toEqual(['a line'])
})

test('spools in the homes of applications are for this collector, and a link in the place of one is not followed', async () => {
  const homes = tempFolder()
  const other = tempFolder()
  mkdirSync(join(homes, 'shop'))
  mkdirSync(join(homes, 'blog'))
  await leaveSpool(join(homes, 'shop/spool'), 'http://127.0.0.1:1')
  await leaveSpool(join(other, 'spool'), 'http://127.0.0.1:1')
  symlinkSync(join(other, 'spool'), join(homes, 'blog/spool'))
  const { reader, lines } = readerOf({ homes })
  await reader.readOnce()
  expect(lines).toEqual(['a line'])
  expect([spoolsIn(join(homes, 'shop/spool')), spoolsIn(join(other, 'spool'))]).toEqual([[], [expect.any(String)]])
})

test('a FIFO in the place of the mark stops neither the reader nor its process', async () => {
  const [pipes, folder] = [tempFolder(), tempFolder()]
  spawnSync('mkfifo', [join(pipes, `reader-${PORT}`)])
  await leaveSpool(folder)
  const { reader, lines } = readerOf({ own: pipes, others: [folder] })
  await reader.readOnce()
  expect(lines).toEqual(['a line'])
})
