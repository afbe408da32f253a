/** Ways to end, one after another on one data folder: a test that leaves its server running hands it to the next. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@spyglass/process/config'
import { afterAll, expect, test } from 'vitest'
import { get, sql } from '../support/clients.ts'
import { collect, runCli, shopFolder, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

const settings = {
  applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }],
  datasources: [{ name: 'shop', file: 'shop.db' }],
}
const parts = ['store', 'collector', 'management', 'snmp-bridge', 'shop-1']

const folder = mkdtempSync(join(tmpdir(), 'spyglass-stop-'))
let suite: Suite | undefined
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Where in the server log the lines of the one that runs begin. */
let logStart = 0

/** The one that runs, or one that is started. */
async function running(): Promise<Suite> {
  if (suite) return suite
  const log = join(folder, 'd/logs/server.log')
  logStart = existsSync(log) ? statSync(log).size : 0
  return (suite = await startSuite(folder, settings))
}

/** The one that runs, which this test ends. */
async function ending(): Promise<Suite> {
  const last = await running()
  suite = undefined
  return last
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const pidsOf = (one: Suite): number[] => parts.map((part) => one.pidOf(part))
const logOf = ({ data }: Suite): string => readFileSync(join(data, 'logs/server.log')).subarray(logStart).toString()

test('a second server on the same data folder is refused while the first keeps running', async () => {
  const { data, config, urls } = await running()
  const { code, stderr } = await collect(runCli(['up', '--data', data, '--port-offset', '40000']))
  expect([code, stderr]).toEqual([1, expect.stringContaining('SPY_DATA_IN_USE')])
  expect(loadConfig({ file: join(data, 'run/config.json') })).toEqual(config)
  expect((await get(`${urls.app}/shop/products`)).status).toBe(200)
})

test('when the keeper itself is killed the others end their work and go, and the data folder is free again', async () => {
  const last = await ending()
  const pids = pidsOf(last)
  last.keeper.kill('SIGKILL')
  await until(() => pids.filter(isAlive).length === 0)
  expect((await get(`${(await running()).urls.app}/shop/products`)).status).toBe(200)
})

test('Ctrl-C stops all of it cleanly, and the next start finds what was stored', async () => {
  const first = await ending()
  await get(`${first.urls.app}/shop/error`)
  const pids = pidsOf(first)
  const ended = once(first.keeper, 'exit')
  first.keeper.kill('SIGINT')
  expect(await ended).toEqual([0, null])
  expect(pids.filter(isAlive)).toEqual([])
  expect(logOf(first)).toContain('keeper stopped')
  const second = await running()
  const requests = "SELECT sum(Requests) AS n FROM spyglass.red_1m WHERE SpanName = 'GET /shop/error'"
  await until(async () => Number((await sql(second, requests))[0]?.['n']) === 1)
})

test('SIGTERM to every process at once, as a service manager sends it, stops them in the same order', async () => {
  const last = await ending()
  const pids = pidsOf(last)
  const ended = once(last.keeper, 'exit')
  for (const pid of [last.keeper.pid!, ...pids]) process.kill(pid, 'SIGTERM')
  expect(await ended).toEqual([0, null])
  expect(pids.filter(isAlive)).toEqual([])
  const log = logOf(last)
  expect(log).not.toContain('exited unexpectedly')
  const order = log.split('\n').flatMap((line) => /"part":"([\w-]+)".*"process ended"/.exec(line)?.[1] ?? [])
  expect(order).toEqual(parts.toReversed())
})

test('SIGHUP without a terminal reopens the server log, and nothing ends', async () => {
  const one = await running()
  const { data, keeper } = one
  const pids = pidsOf(one)
  const log = join(data, 'logs/server.log')
  renameSync(log, `${log}.1`)
  for (const pid of [keeper.pid!, ...pids]) process.kill(pid, 'SIGHUP')
  process.kill(pids[0]!, 'SIGKILL')
  await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('exited unexpectedly'))
  expect(pids.slice(1).filter(isAlive)).toEqual(pids.slice(1))
})
