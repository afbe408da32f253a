/** Databases that do not behave. */
import { createServer } from 'node:net'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type pg from 'pg'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { freePort } from '../../../support/free-port.ts'
import { type Postgres, startPostgres } from '../../../support/postgres.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'

async function openPg(changes: Partial<DatasourceConfig>) {
  const opened = await openShop({ driver: 'pg', file: undefined, ...changes }, systemClock)
  return Object.assign(opened, { pool: opened.shop as unknown as pg.Pool })
}

let server: Promise<Postgres> | undefined
afterAll(async () => await (await server)?.stop())
const urlOf = ({ host, port, database, user }: Postgres): string => `postgres://${user}@${host}:${port}/${database}`

test('a database that is down at the start is told, and used when it is there', async (context: TestContext) => {
  const port = await freePort()
  await using opened = await openPg({ url: `postgres://spyglass@127.0.0.1:${port}/postgres`, min: 1 })
  await expect(opened.pool.query('SELECT 1')).rejects.toMatchObject({ code: 'SPY_CONNECTION_FAILED' })
  expect([opened.read('state'), opened.read('target')]).toEqual(['down', `127.0.0.1:${port}/postgres`])
  const late = await startPostgres(context, { port })
  try {
    await until(() => opened.read('state') === 'ok')
    expect((await opened.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  } finally {
    await late.stop()
  }
  await expect(opened.pool.query('SELECT 1')).rejects.toThrow(/ECONNREFUSED|Connection terminated|terminating connection/)
})

test('a database that accepts and never answers is given up after connectTimeoutMs', async () => {
  let closed = 0
  const silent = createServer((socket) => socket.resume().on('close', () => closed++))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  await using opened = await openPg({ url: `postgres://spyglass@127.0.0.1:${port}/shop`, connectTimeoutMs: 200 })
  const error: unknown = await opened.pool.query('SELECT 1').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'SPY_CONNECTION_FAILED', cause: { code: 'SPY_CONNECTION_SILENT' } })
  expect((error as Error).message).toContain('did not answer within 200 ms')
  await until(() => closed === 1)
  silent.close()
})

test('a password that is refused, or cannot be read, is told without the password', async (context: TestContext) => {
  const url = urlOf(await (server ??= startPostgres(context, { password: 'right' })))
  await using wrong = await openPg({ url, password: 'wrong' })
  const error: unknown = await wrong.pool.query('SELECT 1').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'SPY_CONNECTION_FAILED' })
  expect((error as Error).message).toContain('password authentication failed')
  await using unread = await openPg({ url, passwordFrom: 'file:/nowhere/at-all' })
  await expect(unread.pool.query('SELECT 1')).rejects.toMatchObject({ cause: { code: 'SPY_DATASOURCE_PASSWORD' } })
  await using right = await openPg({ url, password: 'right' })
  await right.pool.query('SELECT 1')
  expect(JSON.stringify([right.log, wrong.log, right.read('target'), right.pool.options])).not.toMatch(/right|wrong/)
})

test('a full queue and a wait that times out have codes that answer 503', async (context: TestContext) => {
  const url = urlOf(await (server ??= startPostgres(context, { password: 'right' })))
  await using opened = await openPg({ url, password: 'right', min: 1, max: 1, maxWaiting: 1, acquireTimeoutMs: 50 })
  const client = await opened.pool.connect()
  const late = opened.pool.query('SELECT 1')
  await expect(opened.pool.query('SELECT 2')).rejects.toMatchObject({ code: 'SPY_POOL_QUEUE_FULL', statusCode: 503 })
  await expect(late).rejects.toMatchObject({ code: 'SPY_POOL_TIMEOUT', statusCode: 503 })
  client.release()
})

test('TLS is asked for as the URL says', async (context: TestContext) => {
  const url = urlOf(await (server ??= startPostgres(context, { password: 'right' })))
  for (const mode of ['require', 'no-verify']) {
    await using opened = await openPg({ url: `${url}?sslmode=${mode}`, password: 'right' })
    await expect(opened.pool.query('SELECT 1')).rejects.toThrow('does not support SSL')
  }
  await using opened = await openPg({ url: `${url}?sslmode=disable&application_name=till`, password: 'right' })
  expect((await opened.pool.query('SHOW application_name')).rows).toEqual([{ application_name: 'till' }])
})
