/** The pool as applications of mysql2 know it, over a real MariaDB. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/mysql2'
import knex from 'knex'
import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2'
import { DataSource, EntitySchema } from 'typeorm'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { type MariaDb, startMariaDb } from '../../../support/mariadb.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'

let server: Promise<MariaDb> | undefined
afterAll(async () => await (await server)?.stop())

async function openMysql(context: TestContext, changes: Partial<DatasourceConfig> = {}) {
  const { user, host, port, database, password } = await (server ??= startMariaDb(context))
  const url = `mysql://${user}@${host}:${port}/${database}`
  const opened = await openShop({ driver: 'mysql2', url, password, file: undefined, maxWaiting: 100, ...changes }, systemClock)
  const pool = opened.shop as unknown as Pool
  return Object.assign(opened, { pool, promised: pool.promise(), password })
}

const borrowed = (pool: Pool): Promise<PoolConnection> =>
  new Promise((resolve, reject) => pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection))))

test('it is a pool of mysql2: query and execute, with callbacks and promises', async (context) => {
  await using opened = await openMysql(context)
  const { pool, promised } = opened
  const called = await new Promise((resolve, reject) =>
    pool.query('SELECT ? AS n', [7], (error, rows) => (error ? reject(error) : resolve(rows))),
  )
  expect(called).toEqual([{ n: 7 }])
  const [rows] = await promised.execute<RowDataPacket[]>('SELECT ? AS n', ['8'])
  expect(rows).toEqual([{ n: '8' }])
  const connection = await promised.getConnection()
  expect((await connection.query('SELECT 2 AS two'))[0]).toEqual([{ two: 2 }])
  connection.release()
  await pool.promise().end()
  expect((await promised.query('SELECT 3 AS three'))[0]).toEqual([{ three: 3 }])
  expect([opened.read('created'), opened.read('activeConnections'), opened.read('idleConnections')]).toEqual([1, 0, 1])
  const { config } = pool as unknown as { config: { connectionConfig: { password?: string } } }
  expect(config.connectionConfig.password).toBeUndefined()
})

test('a connection that was returned can no longer be used; returned again, nothing happens', async (context) => {
  await using opened = await openMysql(context)
  const connection = await borrowed(opened.pool)
  connection.release()
  connection.release()
  expect(() => connection.query('SELECT 1')).toThrow(expect.objectContaining({ code: 'SPY_CONNECTION_RETURNED' }))
  const promised = await opened.promised.getConnection()
  promised.release()
  await expect(promised.query('SELECT 1')).rejects.toMatchObject({ code: 'SPY_CONNECTION_RETURNED' })
})

test('destroyed, its successor is another; a statement that fails costs none', async (context) => {
  await using opened = await openMysql(context, { max: 1 })
  const id = async () => (await opened.promised.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id'))[0][0]?.['id'] as number
  const first = await id()
  await expect(opened.promised.query('SELEC')).rejects.toMatchObject({ code: 'ER_PARSE_ERROR' })
  await expect(opened.promised.execute('SELEC')).rejects.toMatchObject({ code: 'ER_PARSE_ERROR' })
  expect(await id()).toBe(first)
  ;(await borrowed(opened.pool)).destroy()
  expect(await id()).not.toBe(first)
})

test.for(['START TRANSACTION', 'SET autocommit = 0'])(
  'what a borrower leaves open is rolled back before the next one: %s',
  async (begin, context) => {
    await using opened = await openMysql(context, { max: 1 })
    await opened.promised.query('CREATE OR REPLACE TABLE left_open (a int) ENGINE=InnoDB')
    {
      await using connection = await opened.promised.getConnection()
      await connection.query(begin)
      await connection.query('INSERT INTO left_open VALUES (1)')
      void connection.query('DO SLEEP(0.05)') // still runs when it is returned
    }
    expect((await opened.promised.query('SELECT * FROM left_open'))[0]).toEqual([])
    expect((await opened.promised.query('SELECT @@autocommit AS it'))[0]).toEqual([{ it: 1 }])
  },
)

test('a server that ends a connection ends neither the process nor the pool', async (context) => {
  await using opened = await openMysql(context, { max: 2 })
  const connection = await opened.promised.getConnection()
  await opened.promised.query('KILL CONNECTION ?', [connection.threadId])
  await until(() => opened.read('lastError') !== undefined && opened.read('lastError') !== '')
  await expect(connection.query('SELECT 1')).rejects.toThrow(/closed state|ended by the other party/)
  connection.release()
  expect((await opened.promised.query('SELECT 3 AS three'))[0]).toEqual([{ three: 3 }])
  const sleeping = opened.promised.query('SELECT SLEEP(100)').catch((error: unknown) => error)
  const find = "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'"
  const id = await until(async () => (await opened.promised.query<RowDataPacket[]>(find))[0][0]?.['id'] as number | undefined)
  await opened.promised.query('KILL CONNECTION ?', [id])
  expect(await sleeping).toBeInstanceOf(Error)
  await until(() => opened.read('activeConnections') === 0)
})

test('events of a pool come for its connections', async (context) => {
  await using opened = await openMysql(context, { max: 1 })
  const told: string[] = []
  for (const event of ['connection', 'acquire', 'enqueue', 'release'] as const) opened.pool.on(event, () => void told.push(event))
  const connection = await borrowed(opened.pool)
  const waiting = opened.promised.query('SELECT 1')
  connection.release()
  await waiting
  await until(() => told.length === 7)
  expect(told).toEqual(['enqueue', 'connection', 'acquire', 'enqueue', 'release', 'acquire', 'release'])
})

test('200 requests share two connections', async (context) => {
  await using opened = await openMysql(context, { max: 2, maxWaiting: 1000 })
  const results = await Promise.all(Array.from({ length: 200 }, (_, n) => opened.promised.query<RowDataPacket[]>('SELECT ? AS n', [n])))
  expect(results.map(([rows]) => rows[0]?.['n'] as number)).toEqual(Array.from({ length: 200 }, (_, n) => n))
  expect([opened.read('created'), opened.read('activeConnections')]).toEqual([2, 0])
})

test('drizzle works on it unchanged, transactions included', async (context) => {
  await using opened = await openMysql(context)
  const db = drizzle(opened.pool)
  await db.execute(sql`CREATE OR REPLACE TABLE drizzled (a int) ENGINE=InnoDB`)
  await db.transaction(async (tx) => void (await tx.execute(sql`INSERT INTO drizzled VALUES (1)`)))
  const failing = db.transaction(async (tx) => {
    await tx.execute(sql`INSERT INTO drizzled VALUES (2)`)
    throw new RangeError('no')
  })
  await expect(failing).rejects.toThrow(RangeError)
  expect((await db.execute(sql`SELECT a FROM drizzled`))[0]).toEqual([{ a: 1 }])
  expect(opened.read('activeConnections')).toBe(0)
})

test('TypeORM takes its connections from it', async (context) => {
  await using opened = await openMysql(context)
  const items = new EntitySchema<{ id: number; name: string }>({
    name: 'item',
    columns: { id: { type: 'int', primary: true, generated: true }, name: { type: 'text' } },
  })
  const source = new DataSource({
    type: 'mariadb',
    database: 'shop',
    driver: { createPool: () => opened.pool },
    entities: [items],
    synchronize: true,
  })
  await source.initialize()
  await source.transaction(async (manager) => void (await manager.save(items, { name: 'basket' })))
  const failing = source.transaction(async (manager) => {
    await manager.save(items, { name: 'jug' })
    throw new RangeError('no')
  })
  await expect(failing).rejects.toThrow(RangeError)
  expect(await source.getRepository(items).find()).toEqual([{ id: 1, name: 'basket' }])
  await source.destroy()
  expect(opened.read('activeConnections')).toBe(0)
  expect((await opened.promised.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }])
})

test('knex takes its connections from it', async (context) => {
  await using opened = await openMysql(context)
  const db = knex({ client: 'mysql2' })
  Object.assign(db.client, {
    acquireConnection: () => borrowed(opened.pool),
    releaseConnection: async (connection: PoolConnection) => connection.release(),
  })
  await db.raw('CREATE OR REPLACE TABLE knexed (a int) ENGINE=InnoDB')
  await db.transaction(async (trx) => void (await trx('knexed').insert({ a: 5 })))
  expect(await db('knexed').select('a')).toEqual([{ a: 5 }])
  expect(opened.read('activeConnections')).toBe(0)
})

test('a connection that is held too long is taken back: the pool serves, and the borrower learns it', async (context) => {
  await using opened = await openMysql(context, { max: 1, leakAfterMs: 100, reclaimAfterMs: 200 })
  const connection = await opened.promised.getConnection()
  expect((await opened.promised.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }])
  await expect(connection.query('SELECT 1')).rejects.toMatchObject({ code: 'SPY_CONNECTION_RECLAIMED' })
  connection.release() // as in any finally
  expect([opened.read('leaks'), opened.read('reclaimed'), opened.read('activeConnections')]).toEqual([1, 1, 0])
})

test('a connection that was garbage-collected unreturned is a proven leak and reclaimed at once', async (context) => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  await using opened = await openMysql(context, { max: 1 })
  await (async () => void (await (await opened.promised.getConnection()).query('SELECT 1')))()
  expect(opened.read('activeConnections')).toBe(1)
  const waiting = opened.promised.query<ResultSetHeader>('DO 1')
  await until(() => {
    collectGarbage()
    return opened.events.length > 0
  })
  await waiting
  expect(opened.events).toMatchObject([{ name: 'spyglass.pool.leak', attributes: { collected: true } }])
  expect(opened.events[0]?.holders?.[0]?.location).toContain('mysql2-pool.process.test.ts')
})
