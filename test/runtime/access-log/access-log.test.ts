import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, expect, test } from 'vitest'
import { AccessLog, type AccessLogOptions } from '../../../runtime/src/access-log/access-log.ts'
import { until } from '../../support/until.ts'
import { entryOf } from './entry.ts'

const root = mkdtempSync(join(tmpdir(), 'spyglass-access-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
function openLog({
  config,
  ...options
}: Partial<Omit<AccessLogOptions, 'config'>> & { config?: Partial<AccessLogOptions['config']> } = {}) {
  const messages: string[] = []
  const logger = pino({}, { write: (line: string) => void messages.push((JSON.parse(line) as { msg: string }).msg) })
  const folder = join(root, String(folders++))
  const settings = { enabled: true, format: 'json', to: 'file', file: join(folder, 'shop.log'), ...config } as const
  return {
    messages,
    folder,
    log: new AccessLog({ config: settings, application: 'shop', instance: 'http-1', logger, ...options }),
    settings,
  }
}

const pathsIn = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { 'url.path': string })['url.path'])

test('lines come in order, in a file named after the application', async () => {
  const { log, folder } = openLog()
  for (let i = 0; i < 2000; i++) log.write(entryOf(`/${i}`))
  await log.stop()
  expect(log.path).toBe(join(folder, 'shop.log'))
  expect(pathsIn(log.path)).toEqual(Array.from({ length: 2000 }, (_, i) => `/${i}`))
  expect(log.dropped).toBe(0)
})

test('lines are in the file within the flush time, without being asked', async () => {
  const { log } = openLog({ flushMs: 5 })
  log.write(entryOf('/a'))
  await expect.poll(() => existsSync(log.path) && pathsIn(log.path)).toEqual(['/a'])
  log.write(entryOf('/b'))
  await expect.poll(() => pathsIn(log.path)).toEqual(['/a', '/b'])
  await log.stop()
})

test('after a rotation by rename the next lines go to a new file', async () => {
  const { log } = openLog()
  log.write(entryOf('/old'))
  await log.flush()
  renameSync(log.path, `${log.path}.1`)
  log.write(entryOf('/new'))
  await log.stop()
  expect(pathsIn(`${log.path}.1`)).toEqual(['/old'])
  expect(pathsIn(log.path)).toEqual(['/new'])
})

test('what others wrote to the file stays', async () => {
  const { log, folder } = openLog()
  mkdirSync(folder, { recursive: true })
  appendFileSync(join(folder, 'shop.log'), '{"url.path":"/before"}\n')
  log.write(entryOf('/after'))
  await log.stop()
  expect(pathsIn(log.path)).toEqual(['/before', '/after'])
})

test('lines that cannot be written are counted and reported once, and the log continues when the disk works again', async () => {
  const { log, messages, folder } = openLog()
  appendFileSync(folder, '') // a file where the folder should be
  for (const path of ['/1', '/2']) {
    log.write(entryOf(path))
    await log.flush()
  }
  expect(log.dropped).toBe(2)
  rmSync(folder)
  log.write(entryOf('/3'))
  await log.stop()
  expect(pathsIn(log.path)).toEqual(['/3'])
  expect(messages).toEqual(['cannot write to the access log', 'writing to the access log again'])
})

test('no more than the bound waits in memory', async () => {
  const { log } = openLog({ maxBuffered: 1000 })
  for (let i = 0; i < 100; i++) log.write(entryOf(`/${i}`))
  expect(log.dropped).toBeGreaterThan(80)
  const kept = 100 - log.dropped
  await log.stop()
  expect(pathsIn(log.path)).toHaveLength(kept)
})

test('a line after the stop is counted as dropped', async () => {
  const { log } = openLog()
  await log.stop()
  log.write(entryOf('/late'))
  expect(log.dropped).toBe(1)
  expect(existsSync(log.path)).toBe(false)
})

test('format, destination and whether it is written change from one line to the next, and an unusable pattern changes nothing', async () => {
  const toServerLog: string[] = []
  const { log, settings, folder } = openLog({ output: { write: (line) => toServerLog.push(line) } })
  log.write(entryOf('/json'))
  log.configure({ ...settings, format: 'common' })
  log.write(entryOf('/common'))
  expect(() => log.configure({ ...settings, format: 'pattern', pattern: '%Q' })).toThrow(/pattern/)
  log.write(entryOf('/still-common'))
  log.configure({ ...settings, to: 'output', format: 'common' })
  log.write(entryOf('/wrapped'))
  log.configure({ ...settings, to: 'output' })
  log.write(entryOf('/as-it-is'))
  log.configure({ ...settings, enabled: false })
  expect(log.isEnabled).toBe(false)
  log.write(entryOf('/nowhere'))
  log.configure({ ...settings, file: join(folder, 'elsewhere/other.log') })
  log.write(entryOf('/elsewhere'))
  await log.stop()
  const lines = (file: string): string[] => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n')
  await until(() => lines('shop.log').length === 3)
  expect(lines('shop.log').map((line) => /\/[\w-]+/.exec(line.replace(/.*?"(GET|url.path)/, ''))?.[0])).toEqual([
    '/json',
    '/common',
    '/still-common',
  ])
  expect(toServerLog.map((line) => JSON.parse(line) as object)).toMatchObject([
    { msg: expect.stringContaining('"GET /wrapped HTTP/1.1" 200'), application: 'shop', process: 'http-1', component: 'access' },
    { 'url.path': '/as-it-is', application: 'shop' },
  ])
  expect(lines('elsewhere/other.log')).toHaveLength(1)
})
