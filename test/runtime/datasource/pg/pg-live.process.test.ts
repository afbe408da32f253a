/** Where a pool leads to changes while it is used. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { type Postgres, startPostgres } from '../../../support/postgres.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'
import { openShop, settings } from '../fixture.ts'

let server: Promise<Postgres> | undefined
afterAll(async () => await (await server)?.stop())

async function openPg(context: TestContext, changes: Partial<DatasourceConfig> = {}) {
  const { user, host, port } = await (server ??= startPostgres(context, { password: 'first' }))
  const urlOf = (database: string): string => `postgres://${user}@${host}:${port}/${database}`
  const config: DatasourceConfig = { ...settings, driver: 'pg', url: urlOf('postgres'), password: 'first', file: undefined, ...changes }
  const opened = await openShop(config, systemClock)
  const pool = opened.shop as unknown as pg.Pool
  return Object.assign(opened, { pool, urlOf, change: (more: Partial<DatasourceConfig>) => opened.configure({ ...config, ...more }) })
}

const databaseOf = async (client: Pick<pg.Pool, 'query'>): Promise<unknown> =>
  ((await client.query('SELECT current_database() AS name')).rows as { name: string }[])[0]?.name

test('another URL counts for the next borrower; who has a connection keeps it until it is returned', async (context) => {
  await using opened = await openPg(context, { max: 1 })
  await opened.pool.query('CREATE DATABASE second')
  const client = await opened.pool.connect()
  await client.query('BEGIN')
  opened.change({ max: 1, url: opened.urlOf('second') })
  expect(await databaseOf(opened.pool)).toBe('second')
  expect(await databaseOf(client)).toBe('postgres')
  expect(opened.read('target')).toMatch(/\/second$/)
  await client.query('COMMIT')
  client.release()
  await until(() => opened.pool.totalCount === 1)
  expect(await databaseOf(opened.pool)).toBe('second')
  expect(opened.pool.options).toMatchObject({ database: 'second' })
})

test('another password opens new connections; a wrong one is told, and the right one ends that', async (context) => {
  await using opened = await openPg(context, { min: 1 })
  await opened.pool.query(`ALTER ROLE spyglass PASSWORD 'other'`)
  opened.change({ min: 1, password: 'wrong' })
  await until(() => opened.read('state') === 'down')
  await expect(opened.pool.query('SELECT 1')).rejects.toMatchObject({ code: 'SPY_CONNECTION_FAILED' })
  opened.change({ min: 1, password: 'other' })
  expect(await databaseOf(opened.pool)).toBe('postgres')
  await opened.pool.query(`ALTER ROLE spyglass PASSWORD 'first'`)
  expect(JSON.stringify(opened.log)).not.toMatch(/"other|wrong/)
})

test('a password file that changes counts for the next connection, and no statement fails', async (context) => {
  const file = join(tempFolder(), 'password')
  writeFileSync(file, 'first\n')
  const changes = { password: undefined, passwordFrom: `file:${file}`, max: 4, maxWaiting: 100 }
  await using opened = await openPg(context, changes)
  let isOver = false
  const clients = Array.from({ length: 8 }, async () => {
    while (!isOver) await databaseOf(opened.pool)
  })
  await until(() => opened.pool.totalCount === 4)
  await opened.pool.query(`ALTER ROLE spyglass PASSWORD 'rotated'`)
  writeFileSync(file, 'rotated\n')
  const created = Number(opened.read('created'))
  opened.change({ ...changes, keepAliveMs: 1000 }) // opens all of them again
  await until(() => Number(opened.read('created')) >= created + 4)
  isOver = true
  await Promise.all(clients)
  await opened.pool.query(`ALTER ROLE spyglass PASSWORD 'first'`)
  expect([opened.read('lastError'), JSON.stringify(opened.log)]).toEqual(['', expect.not.stringContaining('rotated')])
})

test('statement time-outs count for the next borrower', async (context) => {
  await using opened = await openPg(context)
  await opened.pool.query('SELECT 1')
  opened.change({ statementTimeoutMs: 1234 })
  expect((await opened.pool.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '1234ms' }])
})
