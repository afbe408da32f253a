/** Sizes and times of a pool over a real PostgreSQL. */
import type pg from 'pg'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { freePort } from '../../../support/free-port.ts'
import { type Postgres, startPostgres } from '../../../support/postgres.ts'
import { tcpTimerOf } from '../../../support/tcp-timer.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'

let server: Promise<Postgres> | undefined
afterAll(async () => await (await server)?.stop())

async function openPg(context: TestContext, changes: Partial<DatasourceConfig>, parameters = '') {
  const { user, host, port, database } = await (server ??= startPostgres(context))
  const url = `postgres://${user}@${host}:${port}/${database}${parameters}`
  const opened = await openShop({ driver: 'pg', url, file: undefined, maxWaiting: 100, ...changes }, systemClock)
  return Object.assign(opened, { pool: opened.shop as unknown as pg.Pool })
}

const pidOf = async (pool: pg.Pool): Promise<number | undefined> =>
  (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid

test('it begins with the initial number, grows by a step and shrinks to the minimum when it is idle', async (context) => {
  await using opened = await openPg(context, { initial: 2, min: 1, max: 6, step: 3, idleTimeoutMs: 500 })
  const { pool } = opened
  expect(pool.totalCount).toBe(2)
  const clients = await Promise.all([pool.connect(), pool.connect(), pool.connect()])
  await until(() => pool.totalCount === 5 && pool.idleCount === 2)
  for (const client of clients) client.release()
  await until(() => pool.totalCount === 1)
  const { rows } = await pool.query(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'shop'`)
  expect(rows).toEqual([{ n: 1 }])
})

test('PostgreSQL ends a statement that takes longer than statementTimeoutMs, and the connection goes on', async (context) => {
  await using opened = await openPg(context, { max: 1, statementTimeoutMs: 200 })
  const pid = await pidOf(opened.pool)
  await expect(opened.pool.query('SELECT pg_sleep(600)')).rejects.toMatchObject({ code: '57014' })
  expect(await pidOf(opened.pool)).toBe(pid)
  await using own = await openPg(context, { statementTimeoutMs: 200 }, '?statement_timeout=7000')
  expect((await own.pool.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '7s' }])
})

test('a connection ends with its life and has a successor', async (context) => {
  await using opened = await openPg(context, { min: 1, max: 1, maxLifetimeMs: 500 })
  const first = await pidOf(opened.pool)
  await until(async () => (await pidOf(opened.pool)) !== first)
  expect(opened.read('closed')).toBeGreaterThan(0)
})

test('a connection that the server ended while it was idle is noticed before it is lent', async (context) => {
  await using opened = await openPg(context, { min: 1, max: 1, validateAfterIdleMs: 0 })
  const first = await pidOf(opened.pool)
  await using other = await openPg(context, {})
  await other.pool.query('SELECT pg_terminate_backend($1)', [first])
  expect(await pidOf(opened.pool)).not.toBe(first)
})

test.skipIf(process.platform !== 'linux')('TCP asks for a sign of life after keepAliveMs, or never', async (context) => {
  for (const keepAliveMs of [30_000, 0]) {
    await using opened = await openPg(context, { max: 1, keepAliveMs })
    const client = (await opened.pool.connect()) as pg.PoolClient & { connection: { stream: { localPort: number } } }
    await client.query('SELECT 1')
    const timer = await until(() => tcpTimerOf(client.connection.stream.localPort))
    if (keepAliveMs === 0) expect(timer).toEqual({ kind: 'none' })
    else expect(timer).toEqual({ kind: 'keepalive', withinMs: expect.toSatisfy((ms: number) => ms > 0 && ms <= keepAliveMs) })
    client.release()
  }
})

test('a database that is down at the start is reported; of a datasource that is required it is the end of the start', async (context) => {
  const url = `postgres://spyglass@127.0.0.1:${await freePort()}/postgres`
  await using opened = await openPg(context, { url, min: 1 })
  expect(opened.read('state')).toBe('down')
  expect(opened.log.map(({ msg }) => msg)).toContain('connection failed')
  await expect(openPg(context, { url, required: true })).rejects.toMatchObject({
    code: 'SPY_DATASOURCE_REQUIRED',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})
