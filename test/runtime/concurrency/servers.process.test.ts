/** Optimistic updates and stored answers on the servers of others. */
import { Redis } from 'ioredis'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { expect, test } from 'vitest'
import { redisStore } from '../../../runtime/src/concurrency/idempotency-store.ts'
import { updateHashIf, updateIf, type UpdateTarget } from '../../../runtime/src/concurrency/update-if.ts'
import { startMariaDb } from '../../support/mariadb.ts'
import { startPostgres } from '../../support/postgres.ts'
import { startRedis } from '../../support/redis.ts'

/** A hundred at once, all of which have read version 3. */
async function race(...targets: readonly UpdateTarget[]): Promise<number> {
  const update = (stock: number) => ({ where: { id: 7 }, version: 3, set: { stock } })
  const sell = (_: unknown, at: number): Promise<boolean> => updateIf(targets[at % targets.length]!, 'products', update(at))
  const sold = await Promise.all(Array.from({ length: 100 }, sell))
  return sold.filter(Boolean).length
}

test('on PostgreSQL one of a hundred wins', async (context) => {
  const server = await startPostgres(context)
  context.onTestFinished(() => server.stop())
  const { host, port, user, database } = server
  const clients = Array.from({ length: 4 }, () => new pg.Client({ host, port, user, database })) // the end of a pool does not wait for its connections
  await Promise.all(clients.map((client) => client.connect()))
  const [first] = clients
  await first!.query('CREATE TABLE products (id int, stock int, version int); INSERT INTO products VALUES (7, 5, 3)')
  expect([await race(...clients), (await first!.query('SELECT version FROM products')).rows]).toEqual([1, [{ version: 4 }]])
  await Promise.all(clients.map((client) => client.end()))
})

test('on MariaDB as well', async (context) => {
  const server = await startMariaDb(context)
  context.onTestFinished(() => server.stop())
  const { host, port, user, password, database } = server
  const pool = mysql.createPool({ host, port, user, password, database, connectionLimit: 4, multipleStatements: true })
  await pool.query('CREATE TABLE products (id int, stock int, version int); INSERT INTO products VALUES (7, 5, 3)')
  expect([await race(pool as unknown as UpdateTarget), (await pool.query('SELECT version FROM products'))[0]]).toEqual([
    1,
    [{ version: 4 }],
  ])
  await pool.end()
})

test('on Redis a hash is changed by one, and an idempotency key is taken by one and keeps its answer', async (context) => {
  const server = await startRedis(context)
  context.onTestFinished(() => server.stop())
  const redis = new Redis(server.port, server.host)
  const sell = (_: unknown, stock: number): Promise<boolean> => updateHashIf(redis, 'product:7', { version: 0, set: { stock } })
  const sold = await Promise.all(Array.from({ length: 100 }, sell))
  expect([sold.filter(Boolean).length, await redis.hget('product:7', 'version')]).toEqual([1, '1'])
  const store = redisStore(redis)
  const claims = Array.from({ length: 20 }, (_, at) => ({ key: 'k', print: 'print', owner: `${at}` }))
  const begun = await Promise.all(claims.map((claim) => store.begin(claim, 60_000)))
  expect(begun.filter((kept) => kept === undefined)).toHaveLength(1)
  const mine = claims[begun.indexOf(undefined)]!
  const other = { ...mine, owner: 'other' }
  const answer = { status: 201, headers: { 'x-a': '1' }, body: 'aGk=' }
  await store.drop(other)
  await store.end(other, answer, 60_000)
  expect(await store.begin(other, 60_000)).not.toHaveProperty('answer')
  await store.end(mine, answer, 60_000)
  expect(await store.begin(other, 60_000)).toEqual({ print: 'print', answer })
  await store.drop(mine) // it is answered
  await store.end({ ...mine, key: 'run-out' }, answer, 60_000)
  expect(await store.begin({ ...mine, key: 'run-out' }, 60_000)).toEqual({ print: 'print', answer })
  await store.begin({ ...mine, key: 'dropped' }, 60_000)
  await store.drop({ ...mine, key: 'dropped' })
  expect(await store.begin({ ...mine, key: 'dropped' }, 60_000)).toBeUndefined()
  redis.disconnect()
})
