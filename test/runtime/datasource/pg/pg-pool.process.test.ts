/** The pool as applications of pg know it, over a real PostgreSQL. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { sql } from 'drizzle-orm'
import knex from 'knex'
import pg from 'pg'
import { DataSource, EntitySchema } from 'typeorm'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { type Postgres, startPostgres } from '../../../support/postgres.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'

let server: Promise<Postgres> | undefined
afterAll(async () => await (await server)?.stop())

async function openPg(context: TestContext, changes: Partial<DatasourceConfig> = {}) {
  const { user, host, port, database } = await (server ??= startPostgres(context))
  const url = `postgres://${user}@${host}:${port}/${database}`
  const opened = await openShop({ driver: 'pg', url, file: undefined, maxWaiting: 100, ...changes }, systemClock)
  return Object.assign(opened, { pool: opened.shop as unknown as pg.Pool })
}

test('it is a pg.Pool: query and connect give promises or call back, and both kinds of release work', async (context) => {
  await using opened = await openPg(context)
  const { pool } = opened
  expect(pool).toBeInstanceOf(pg.Pool)
  expect((await pool.query('SELECT $1::int AS n', [7])).rows).toEqual([{ n: 7 }])
  const called = await new Promise((resolve, reject) =>
    pool.query('SELECT 1 AS one', (error, result) => (error ? reject(error) : resolve(result.rows))),
  )
  expect(called).toEqual([{ one: 1 }])
  const client = await pool.connect()
  expect((await client.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }])
  expect(client).toBeInstanceOf(pg.Client)
  client.release()
  await new Promise<void>((resolve, reject) =>
    pool.connect((error, _lent, done) => {
      if (error) return reject(error)
      done()
      resolve()
    }),
  )
  expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 1, 0])
})

test('a client that was returned can no longer be used, nor returned again', async (context) => {
  await using opened = await openPg(context)
  const client = await opened.pool.connect()
  client.release()
  expect(() => client.query('SELECT 1')).toThrow(expect.objectContaining({ code: 'SPY_CONNECTION_RETURNED' }))
  expect(() => client.release()).toThrow('pg-pool.process.test.ts')
})

test('released with an error its connection is closed, and its successor is another', async (context) => {
  await using opened = await openPg(context, { max: 1 })
  const pid = async () => (await opened.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid
  const first = await pid()
  await expect(opened.pool.query('SELEC')).rejects.toMatchObject({ code: '42601' })
  expect(await pid()).toBe(first) // a statement that fails costs no connection
  ;(await opened.pool.connect()).release(true)
  expect(await pid()).not.toBe(first)
})

test('what a borrower leaves open is rolled back before the next one', async (context) => {
  await using opened = await openPg(context, { max: 1 })
  await opened.pool.query('CREATE TABLE left_open (a int)')
  {
    using client = (await opened.pool.connect()) as pg.PoolClient & Disposable
    await client.query('BEGIN')
    await client.query('INSERT INTO left_open VALUES (1)')
    void client.query('SELECT pg_sleep(0.05)') // still runs when it is returned
  }
  expect((await opened.pool.query('SELECT * FROM left_open')).rows).toEqual([])
})

test('events of a pool come for its clients', async (context) => {
  await using opened = await openPg(context, { max: 1 })
  const told: string[] = []
  for (const event of ['connect', 'acquire', 'release', 'remove'] as const) opened.pool.on(event, () => void told.push(event))
  await opened.pool.query('SELECT 1')
  ;(await opened.pool.connect()).release(new Error('done with it'))
  await until(() => told.includes('remove'))
  expect(told).toEqual(['connect', 'acquire', 'release', 'acquire', 'release', 'remove'])
  await opened.pool.end()
})

test('a server that ends a connection ends neither the process nor the pool', async (context) => {
  await using opened = await openPg(context, { max: 2 })
  const client = await opened.pool.connect()
  const [row] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows
  const errors: unknown[] = []
  opened.pool.on('error', (error) => void errors.push(error))
  await opened.pool.query('SELECT pg_terminate_backend($1)', [row?.pid])
  await until(() => errors.length > 0)
  await expect(client.query('SELECT 1')).rejects.toThrow('not queryable')
  client.release()
  expect((await opened.pool.query('SELECT 3 AS three')).rows).toEqual([{ three: 3 }])
  expect(opened.read('lastError')).toContain('terminating connection')
})

test('200 requests share two connections, each in the context of its own', async (context) => {
  await using opened = await openPg(context, { max: 2, maxWaiting: 1000 })
  const results = await Promise.all(Array.from({ length: 200 }, (_, n) => opened.pool.query('SELECT $1::int AS n', [n])))
  expect(results.map(({ rows }) => (rows as { n: number }[])[0]?.n)).toEqual(Array.from({ length: 200 }, (_, n) => n))
  expect([opened.read('created'), opened.read('activeConnections')]).toEqual([2, 0])
})

test('drizzle works on it unchanged, transactions included', async (context) => {
  await using opened = await openPg(context)
  const db = drizzle(opened.pool)
  await db.execute(sql`CREATE TABLE drizzled (a int)`)
  await db.transaction(async (tx) => void (await tx.execute(sql`INSERT INTO drizzled VALUES (1)`)))
  const failing = db.transaction(async (tx) => {
    await tx.execute(sql`INSERT INTO drizzled VALUES (2)`)
    throw new RangeError('no')
  })
  await expect(failing).rejects.toThrow(RangeError)
  expect((await db.execute(sql`SELECT a FROM drizzled`)).rows).toEqual([{ a: 1 }])
  expect(opened.read('activeConnections')).toBe(0)
})

test('knex takes its connections from it', async (context) => {
  await using opened = await openPg(context)
  const db = knex({ client: 'pg' })
  Object.assign(db.client, {
    acquireConnection: () => opened.pool.connect(),
    releaseConnection: async (client: pg.PoolClient) => client.release(),
  })
  await db.schema.createTable('knexed', (table) => void table.integer('a'))
  await db.transaction(async (trx) => void (await trx('knexed').insert({ a: 5 })))
  expect(await db('knexed').select('a')).toEqual([{ a: 5 }])
  expect(opened.read('activeConnections')).toBe(0)
})

test('TypeORM takes its connections from it', async (context) => {
  await using opened = await openPg(context)
  function Pool() {
    return opened.pool
  }
  const items = new EntitySchema<{ id: number; name: string }>({
    name: 'item',
    columns: { id: { type: 'int', primary: true, generated: true }, name: { type: 'text' } },
  })
  const source = new DataSource({ type: 'postgres', driver: { Pool }, entities: [items], synchronize: true })
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
  expect((await opened.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a client that is held too long is taken back: the pool serves, and the borrower learns it', async (context) => {
  await using opened = await openPg(context, { max: 1, leakAfterMs: 100, reclaimAfterMs: 200 })
  const client = await opened.pool.connect()
  expect((await opened.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  expect(() => client.query('SELECT 1')).toThrow(expect.objectContaining({ code: 'SPY_CONNECTION_RECLAIMED' }))
  client.release() // as in any finally
  expect([opened.read('leaks'), opened.read('reclaimed'), opened.read('activeConnections')]).toEqual([1, 1, 0])
  expect(opened.log.map(({ msg }) => msg)).toContain('connection reclaimed')
})

test('a client that was garbage-collected unreturned is a proven leak and reclaimed at once', async (context) => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  await using opened = await openPg(context, { max: 1 })
  await (async () => void (await (await opened.pool.connect()).query('SELECT 1')))()
  expect(opened.read('activeConnections')).toBe(1)
  const waiting = opened.pool.query('SELECT 2 AS two')
  await until(() => {
    collectGarbage()
    return opened.events.length > 0
  })
  expect((await waiting).rows).toEqual([{ two: 2 }])
  expect(opened.events).toMatchObject([{ name: 'spyglass.pool.leak', attributes: { collected: true } }])
  expect(opened.events[0]?.holders?.[0]?.location).toContain('pg-pool.process.test.ts')
  expect([opened.read('leaks'), opened.read('leakedNow')]).toEqual([1, 0])
})
