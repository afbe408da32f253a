/** Sizes and times of a pool over a real MariaDB. */
import type { Pool, RowDataPacket } from 'mysql2/promise'
import type { Pool as CallbackPool, PoolConnection } from 'mysql2'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { type MariaDb, startMariaDb } from '../../../support/mariadb.ts'
import { tcpTimerOf } from '../../../support/tcp-timer.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'

let server: Promise<MariaDb> | undefined
afterAll(async () => await (await server)?.stop())

async function openMysql(context: TestContext, changes: Partial<DatasourceConfig>) {
  const { user, host, port, database, password } = await (server ??= startMariaDb(context))
  const url = `mysql://${user}@${host}:${port}/${database}`
  const opened = await openShop({ driver: 'mysql2', url, password, file: undefined, maxWaiting: 100, ...changes }, systemClock)
  return Object.assign(opened, { pool: (opened.shop as unknown as CallbackPool).promise() })
}

/** Nearly: it is to be ended. */
const ENDLESS = 'SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b WHERE (a.seq * b.seq) % 7 = 8'

const idOf = async (pool: Pool): Promise<unknown> => (await pool.query<RowDataPacket[]>('SELECT connection_id() AS id'))[0][0]?.['id']

test('it begins with the initial number, grows by a step and shrinks to the minimum when it is idle', async (context) => {
  await using opened = await openMysql(context, { initial: 2, min: 1, max: 6, step: 3, idleTimeoutMs: 500 })
  const open = () => Number(opened.read('created')) - Number(opened.read('closed'))
  expect(open()).toBe(2)
  const lent = await Promise.all([opened.pool.getConnection(), opened.pool.getConnection(), opened.pool.getConnection()])
  await until(() => open() === 5)
  for (const connection of lent) connection.release()
  await until(() => open() === 1)
})

test('MariaDB ends a statement that takes longer than statementTimeoutMs, and the connection goes on', async (context) => {
  await using opened = await openMysql(context, { max: 1, statementTimeoutMs: 200 })
  const id = await idOf(opened.pool)
  await expect(opened.pool.query(ENDLESS)).rejects.toMatchObject({
    errno: 1969, // ER_STATEMENT_TIMEOUT of MariaDB, which mysql2 has no name for
  })
  expect(await idOf(opened.pool)).toBe(id)
})

test('a connection ends with its life and has a successor', async (context) => {
  await using opened = await openMysql(context, { min: 1, max: 1, maxLifetimeMs: 500 })
  const first = await idOf(opened.pool)
  await until(async () => (await idOf(opened.pool)) !== first)
})

test('a connection that the server ended while it was idle is noticed before it is lent', async (context) => {
  await using opened = await openMysql(context, { min: 1, max: 1, validateAfterIdleMs: 0 })
  const first = await idOf(opened.pool)
  await using other = await openMysql(context, {})
  await other.pool.query(`KILL ${Number(first)}`)
  expect(await idOf(opened.pool)).not.toBe(first)
})

test.skipIf(process.platform !== 'linux')('TCP asks for a sign of life after keepAliveMs, or never', async (context) => {
  for (const keepAliveMs of [30_000, 0]) {
    await using opened = await openMysql(context, { max: 1, keepAliveMs })
    const connection = await opened.pool.getConnection()
    await connection.query('SELECT 1')
    const { stream } = connection.connection as unknown as PoolConnection & { stream: { localPort: number } }
    const timer = await until(() => tcpTimerOf(stream.localPort))
    expect(timer.kind).toBe(keepAliveMs === 0 ? 'none' : 'keepalive')
    connection.release()
  }
})

test('a server that refuses the password ends the start of a datasource that is required', async (context) => {
  const opening = openMysql(context, { password: 'hunter2', required: true })
  await expect(opening).rejects.toMatchObject({ code: 'SPY_DATASOURCE_REQUIRED', message: expect.stringContaining('Access denied') })
})
