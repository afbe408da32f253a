/** What PostgreSQL says of the sessions of a pool, and what an operator does with that. */
import type pg from 'pg'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { type Postgres, startPostgres } from '../../../support/postgres.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'

let server: Promise<Postgres> | undefined
afterAll(async () => await (await server)?.stop())

async function openPg(context: TestContext, changes: Partial<DatasourceConfig> = {}, user?: string) {
  const { user: owner, host, port, database } = await (server ??= startPostgres(context))
  const url = `postgres://${user ?? owner}@${host}:${port}/${database}`
  const opened = await openShop({ driver: 'pg', url, file: undefined, maxWaiting: 100, ...changes }, systemClock)
  const carryOut = async (operation: string, given = {}) => await opened.resources.carryOut('datasources', 'shop', { operation, given })
  return Object.assign(opened, { pool: opened.shop as unknown as pg.Pool, carryOut })
}

interface Row {
  readonly connection: number
  readonly session: number
  readonly state: string
  readonly waitsFor: string
  readonly blockedBy: string
  readonly statement: string
}

/** Connection 1 has a row locked and runs nothing, connection 2 waits for it; then the pool is full. */
async function blocked(opened: Awaited<ReturnType<typeof openPg>>) {
  const { pool } = opened
  const [first, second] = [await pool.connect(), await pool.connect()]
  await first.query(
    `CREATE TABLE IF NOT EXISTS stock (id int PRIMARY KEY, n int); INSERT INTO stock VALUES (1, 100) ON CONFLICT DO NOTHING`,
  )
  await first.query('BEGIN')
  await first.query('UPDATE stock SET n = 12345 WHERE id = 1')
  const waiting = second.query('UPDATE stock SET n = n - 1 WHERE id = 1')
  waiting.catch(() => {})
  await until(async () => ((await opened.carryOut('autopsy')) as readonly Row[])[1]?.blockedBy)
  return {
    waiting,
    async [Symbol.asyncDispose]() {
      await first.query('ROLLBACK')
      await waiting.catch(() => {})
      first.release()
      second.release()
    },
  }
}

test('the autopsy of a full pool names the session that blocks, by its connection, and no literal', async (context) => {
  await using opened = await openPg(context, { max: 2 })
  await using _ = await blocked(opened)
  const [first, second] = (await opened.carryOut('autopsy')) as readonly Row[]
  expect(first).toMatchObject({ connection: 1, state: 'idle in transaction', blockedBy: '' })
  expect(second).toMatchObject({ connection: 2, state: 'active', waitsFor: 'Lock: transactionid' })
  expect(second?.blockedBy).toMatch(/^connection 1 \(idle in transaction for [\d.]+ s\): UPDATE stock SET n = \? WHERE id = \?$/)
  expect([first?.session, second?.session].every((pid) => Number(pid) > 1)).toBe(true)
})

test('a blocker outside of the pool is named by its session, application and user', async (context) => {
  await using other = await openPg(context, {})
  await using opened = await openPg(context, { max: 2 })
  const client = await other.pool.connect()
  await client.query('BEGIN; SELECT pg_advisory_xact_lock(42)')
  const waiting = opened.pool.query('SELECT pg_advisory_lock(42)')
  const [row] = await until(async () => {
    const rows = (await opened.carryOut('autopsy')) as readonly Row[]
    return rows[0]?.blockedBy ? rows : undefined
  })
  expect(row?.blockedBy).toMatch(/^session \d+ of shop, spyglass, 127\.0\.0\.1 \(idle in transaction for/)
  await client.query('ROLLBACK')
  client.release()
  await waiting
})

test('the event of an exhausted pool has the sessions of its holders', async (context) => {
  await using opened = await openPg(context, { max: 2, exhaustedAfterMs: 100, acquireTimeoutMs: 600_000 })
  const held = await blocked(opened)
  const served = opened.pool.query('SELECT 1')
  const [event] = await until(() => opened.events.length > 0 && opened.events)
  expect(event).toMatchObject({
    name: 'spyglass.pool.exhausted',
    holders: [
      { connection: 1, session: { state: 'idle in transaction', blockers: [] } },
      { connection: 2, session: { state: 'active', blockers: [{ connection: 1, statement: 'UPDATE stock SET n = ? WHERE id = ?' }] } },
    ],
  })
  await held[Symbol.asyncDispose]()
  await served
  await until(() => opened.events.some(({ name }) => name === 'spyglass.pool.recovered'))
  expect(opened.events[1]?.incidentId).toBe(event?.incidentId)
})

test('an operator cancels the statement of a holder, who keeps the connection', async (context) => {
  await using opened = await openPg(context, { max: 1 })
  const client = await opened.pool.connect()
  await expect(opened.carryOut('cancel', { connection: 1 })).rejects.toMatchObject({
    code: 'SPY_STATEMENT_NOT_RUNNING',
  })
  const running = client.query('SELECT pg_sleep(600)')
  running.catch(() => {})
  await opened.carryOut('cancel', { connection: 1 })
  await expect(running).rejects.toMatchObject({ code: '57014' })
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  client.release()
  await expect(opened.carryOut('cancel', { connection: 1 })).rejects.toMatchObject({ code: 'SPY_CONNECTION_NOT_LENT' })
})

test('a pool knows how many connections its database accepts of its user', async (context) => {
  await using opened = await openPg(context, { min: 1 })
  await until(() => opened.read('serverConnections') === 97) // 100, of which 3 are for administrators
  await opened.pool.query('CREATE ROLE clerk LOGIN CONNECTION LIMIT 5')
  await using limited = await openPg(context, { min: 1 }, 'clerk')
  await until(() => limited.read('serverConnections') === 5)
})

test('a database that cannot be asked is told, and the event of the pool comes without it', async (context) => {
  await using owner = await openPg(context)
  await owner.pool.query('CREATE ROLE alone LOGIN CONNECTION LIMIT 1')
  await using opened = await openPg(context, { max: 1, exhaustedAfterMs: 100, acquireTimeoutMs: 600_000 }, 'alone')
  const client = await opened.pool.connect()
  await expect(opened.carryOut('autopsy')).rejects.toMatchObject({
    code: 'SPY_SESSIONS_UNKNOWN',
    message: expect.stringContaining('too many connections for role "alone"'),
  })
  const waiting = opened.pool.query('SELECT 1')
  const [event] = await until(() => opened.events.length > 0 && opened.events)
  expect(event?.holders).toMatchObject([{ connection: 1 }])
  expect(event?.holders?.[0]?.session).toBeUndefined()
  client.release()
  await waiting
})
