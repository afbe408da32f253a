import { once } from 'node:events'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { get, sql } from '../support/clients.ts'
import { collect, runCli, shopFolder, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const settings = {
  applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }],
  datasources: [{ name: 'shop', file: 'shop.db' }],
}
const parts = ['store', 'collector', 'management', 'snmp-bridge', 'shop-1']

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const pidsOf = (suite: Suite): number[] => parts.map((part) => suite.pidOf(part))

test('Ctrl-C stops all of it cleanly, and the next start finds what was stored', async () => {
  const folder = tempFolder()
  const first = await startSuite(folder, settings)
  await get(`${first.urls.app}/shop/products`)
  const pids = pidsOf(first)
  const ended = once(first.keeper, 'exit')
  first.keeper.kill('SIGINT')
  expect(await ended).toEqual([0, null])
  expect(pids.filter(isAlive)).toEqual([])
  expect(readFileSync(join(first.data, 'logs/server.log'), 'utf8')).toContain('keeper stopped')
  await using second = await startSuite(folder, settings)
  const requests = "SELECT sum(Requests) AS n FROM spyglass.red_1m WHERE SpanName = 'GET /shop/products'"
  await until(async () => Number((await sql(second, requests))[0]?.['n']) === 1)
})

test('SIGTERM to every process at once, as a service manager sends it, stops them in the same order', async () => {
  const suite = await startSuite(tempFolder(), settings)
  const pids = pidsOf(suite)
  const ended = once(suite.keeper, 'exit')
  for (const pid of [suite.keeper.pid!, ...pids]) process.kill(pid, 'SIGTERM')
  expect(await ended).toEqual([0, null])
  expect(pids.filter(isAlive)).toEqual([])
  const log = readFileSync(join(suite.data, 'logs/server.log'), 'utf8')
  expect(log).not.toContain('exited unexpectedly')
  const order = log.split('\n').flatMap((line) => /"part":"([\w-]+)".*"process ended"/.exec(line)?.[1] ?? [])
  expect(order).toEqual(parts.toReversed())
})

test('SIGHUP without a terminal reopens the server log, and nothing ends', async () => {
  await using suite = await startSuite(tempFolder(), settings)
  const pids = pidsOf(suite)
  const log = join(suite.data, 'logs/server.log')
  renameSync(log, `${log}.1`)
  for (const pid of [suite.keeper.pid!, ...pids]) process.kill(pid, 'SIGHUP')
  process.kill(pids[0]!, 'SIGKILL')
  await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('exited unexpectedly'))
  expect(pids.slice(1).filter(isAlive)).toEqual(pids.slice(1))
})

test('when the keeper itself is killed the others end their work and go, and the data folder is free again', async () => {
  const folder = tempFolder()
  const first = await startSuite(folder, settings)
  const pids = pidsOf(first)
  first.keeper.kill('SIGKILL')
  await until(() => pids.filter(isAlive).length === 0)
  await using second = await startSuite(folder, settings)
  expect((await get(`${second.urls.app}/shop/products`)).status).toBe(200)
})

test('a second server on the same data folder is refused while the first keeps running', async () => {
  const folder = tempFolder()
  await using suite = await startSuite(folder, settings)
  const { code, stderr } = await collect(runCli(['up', '--data', suite.data, '--port-offset', '40000']))
  expect([code, stderr]).toEqual([1, expect.stringContaining('SPY_DATA_IN_USE')])
  expect(loadConfig({ file: join(suite.data, 'run/config.json') })).toEqual(suite.config)
  expect((await get(`${suite.urls.app}/shop/products`)).status).toBe(200)
})
