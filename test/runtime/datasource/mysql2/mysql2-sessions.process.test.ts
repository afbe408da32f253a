/** What MariaDB says of the sessions of a pool, and what an operator does with that. */
import type { Pool } from 'mysql2'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { type MariaDb, startMariaDb } from '../../../support/mariadb.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'

let server: Promise<MariaDb> | undefined
afterAll(async () => await (await server)?.stop())

async function openMysql(context: TestContext, changes: Partial<DatasourceConfig> = {}, parameters = '') {
  const { user, host, port, database, password } = await (server ??= startMariaDb(context))
  const url = `mysql://${user}@${host}:${port}/${database}${parameters}`
  const opened = await openShop({ driver: 'mysql2', url, password, file: undefined, maxWaiting: 100, ...changes }, systemClock)
  const carryOut = async (operation: string, given = {}) => await opened.resources.carryOut('datasources', 'shop', { operation, given })
  return Object.assign(opened, { pool: (opened.shop as unknown as Pool).promise(), carryOut })
}

/** Nearly: it is to be ended. */
const ENDLESS = 'SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b WHERE (a.seq * b.seq) % 7 = 8'

type Row = Readonly<Record<'connection' | 'session' | 'state' | 'waitsFor' | 'blockedBy', string | number>>

test('the autopsy of an exhausted pool names the session that blocks, also in its event', async (context) => {
  await using opened = await openMysql(context, { max: 2, exhaustedAfterMs: 100, acquireTimeoutMs: 600_000 }, '?rowsAsArray=true')
  const { pool } = opened
  const [first, second] = [await pool.getConnection(), await pool.getConnection()]
  await first.query('CREATE TABLE stock (id int PRIMARY KEY, n int) ENGINE = InnoDB')
  await first.query('INSERT INTO stock VALUES (1, 100)')
  await first.beginTransaction()
  await first.query('UPDATE stock SET n = 12345 WHERE id = 1')
  const waiting = second.query('UPDATE stock SET n = n - 1 WHERE id = 1')
  const rows = await until(async () => {
    const found = (await opened.carryOut('autopsy')) as readonly Row[]
    return found[1]?.blockedBy ? found : undefined
  })
  expect(rows).toMatchObject([
    { connection: 1, state: 'idle in transaction', blockedBy: '' },
    { connection: 2, state: 'active', waitsFor: 'Lock: row' },
  ])
  expect(rows[1]?.blockedBy).toMatch(/^connection 1 \(idle in transaction for [\d.]+ s\)$/)
  const served = pool.query('SELECT 1')
  const [event] = await until(() => opened.events.length > 0 && opened.events)
  expect(event?.holders).toMatchObject([{ connection: 1 }, { connection: 2, session: { blockers: [{ connection: 1 }] } }])
  await first.rollback()
  await waiting
  first.release()
  second.release()
  await served
})

test('an operator cancels the statement of a holder, who keeps the connection', async (context) => {
  await using opened = await openMysql(context, { max: 1 })
  const connection = await opened.pool.getConnection()
  const running = connection.query(ENDLESS)
  running.catch(() => {})
  await opened.carryOut('cancel', { connection: 1 })
  await expect(running).rejects.toMatchObject({ code: 'ER_QUERY_INTERRUPTED' })
  expect((await connection.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }])
  connection.release()
})

test('a pool knows how many connections its database accepts of its user', async (context) => {
  await using opened = await openMysql(context, { min: 1 })
  await until(() => opened.read('serverConnections') === 151)
})

test('an account without the privilege PROCESS sees its sessions, and no blockers', async (context) => {
  await using owner = await openMysql(context)
  await owner.pool.query("CREATE USER clerk@'%' IDENTIFIED BY 'not-a-secret'")
  await owner.pool.query("GRANT SELECT ON shop.* TO clerk@'%'")
  const { host, port } = await server!
  await using opened = await openMysql(context, { url: `mysql://clerk@${host}:${port}/shop` })
  const connection = await opened.pool.getConnection()
  expect(await opened.carryOut('autopsy')).toMatchObject([{ connection: 1, state: 'idle', blockedBy: '' }])
  connection.release()
})
