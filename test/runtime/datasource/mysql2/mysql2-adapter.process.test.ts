/** Servers that do not behave. */
import { createServer } from 'node:net'
import type { Pool } from 'mysql2'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { freePort } from '../../../support/free-port.ts'
import { type MariaDb, startMariaDb } from '../../../support/mariadb.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'

let server: Promise<MariaDb> | undefined
afterAll(async () => await (await server)?.stop())

async function openMysql(changes: Partial<DatasourceConfig>) {
  const opened = await openShop({ driver: 'mysql2', file: undefined, ...changes }, systemClock)
  return Object.assign(opened, { pool: (opened.shop as unknown as Pool).promise() })
}

async function addressOf(context: TestContext) {
  const { user, host, port, database, password } = await (server ??= startMariaDb(context))
  return { url: `mariadb://${user}@${host}:${port}/${database}`, password }
}

test('a server that is down is told', async () => {
  const port = await freePort()
  await using opened = await openMysql({ url: `mysql://shop@127.0.0.1:${port}/shop`, min: 1 })
  await expect(opened.pool.query('SELECT 1')).rejects.toMatchObject({ code: 'SPY_CONNECTION_FAILED' })
  expect([opened.read('state'), opened.read('target')]).toEqual(['down', `127.0.0.1:${port}/shop`])
})

test('a server that accepts and never answers is given up after connectTimeoutMs', async () => {
  let closed = 0
  const silent = createServer((socket) => socket.resume().on('close', () => closed++))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  await using opened = await openMysql({ url: `mysql://shop@127.0.0.1:${port}/shop`, connectTimeoutMs: 200 })
  const error: unknown = await opened.pool.query('SELECT 1').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'SPY_CONNECTION_FAILED', cause: { code: 'SPY_CONNECTION_SILENT' } })
  await until(() => closed === 1)
  silent.close()
})

test('a password that is refused, or cannot be read, is told without the password', async (context) => {
  const { url, password } = await addressOf(context)
  await using wrong = await openMysql({ url, password: 'hunter2' })
  const error: unknown = await wrong.pool.query('SELECT 1').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'SPY_CONNECTION_FAILED', cause: { code: 'ER_ACCESS_DENIED_ERROR' } })
  await using unread = await openMysql({ url, passwordFrom: 'file:/nowhere/at-all' })
  await expect(unread.pool.query('SELECT 1')).rejects.toMatchObject({ cause: { code: 'SPY_DATASOURCE_PASSWORD' } })
  await using right = await openMysql({ url, password })
  await right.pool.query('SELECT 1')
  expect(JSON.stringify([wrong.log, right.log])).not.toMatch(/hunter2|not-a-secret/)
})

test('a full queue and a wait that times out have codes that answer 503', async (context) => {
  const address = await addressOf(context)
  await using opened = await openMysql({ ...address, min: 1, max: 1, maxWaiting: 1, acquireTimeoutMs: 50 })
  const connection = await opened.pool.getConnection()
  const late = opened.pool.query('SELECT 1')
  await expect(opened.pool.query('SELECT 2')).rejects.toMatchObject({ code: 'SPY_POOL_QUEUE_FULL', statusCode: 503 })
  await expect(late).rejects.toMatchObject({ code: 'SPY_POOL_TIMEOUT', statusCode: 503 })
  connection.release()
})

test('TLS and options of the driver are asked for as the URL says', async (context) => {
  const { url, password } = await addressOf(context)
  for (const mode of ['require', 'no-verify']) {
    await using opened = await openMysql({ url: `${url}?sslmode=${mode}`, password })
    await expect(opened.pool.query('SELECT 1')).rejects.toThrow('does not support secure connection')
  }
  await using opened = await openMysql({ url: `${url}?sslmode=disable&rowsAsArray=true&connectionLimit=3`, password })
  expect((await opened.pool.query('SELECT 1'))[0]).toEqual([[1]])
})
