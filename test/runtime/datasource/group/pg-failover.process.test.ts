/** A primary that dies under load with a synchronous standby, and what becomes of it later. SPYGLASS_SOAK makes it larger. */
import type pg from 'pg'
import { expect, test, type TestContext } from 'vitest'
import type { DatasourceGroup } from '@spyglass/runtime/application'
import { systemClock } from '../../../../runtime/src/clock/clock.ts'
import type { Postgres } from '../../../support/postgres.ts'
import { asked, replicatedPostgres, urlOf } from '../../../support/replicated-postgres.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'
import { ACCOUNTS, BALANCE, Ledger, type LedgerDatabase } from './ledger.ts'

const CLIENTS = process.env['SPYGLASS_SOAK'] ? 200 : 20
const TRANSFERS = 10 * CLIENTS

type Pool = DatasourceGroup<pg.Pool>

const replicated = (context: TestContext) =>
  replicatedPostgres(context, [
    'CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL)',
    'CREATE TABLE transfer (id int NOT NULL)',
    `INSERT INTO account SELECT id, ${BALANCE} FROM generate_series(0, ${ACCOUNTS - 1}) AS id`,
  ])

async function opened(primary: Postgres, standby: Postgres, stateFolder?: string) {
  const members = [
    { name: 'a', url: urlOf(primary), role: 'primary' as const, weight: 1, tags: [] },
    { name: 'b', url: urlOf(standby), role: 'standby' as const, weight: 1, tags: ['near'] },
  ]
  const times = { probeIntervalMs: 100, probeTimeoutMs: 5000, restoreAfterMs: 200, acquireTimeoutMs: 100_000, connectTimeoutMs: 60_000 }
  const settings = { driver: 'pg' as const, file: undefined, members, max: 8, maxWaiting: 1000, maxLagMs: 3_600_000 }
  return await openShop({ ...settings, ...times }, systemClock, { stateFolder })
}

const bank = (pool: Pool): LedgerDatabase => ({
  async transfer({ id, from, to }) {
    using client = (await pool.connect()) as pg.PoolClient & Disposable
    await client.query('BEGIN')
    // in one order, so that no two wait for each other
    for (const account of [from, to].toSorted((a, b) => a - b))
      await client.query('UPDATE account SET balance = balance + $1 WHERE id = $2', [account === to ? 1 : -1, account])
    await client.query('INSERT INTO transfer VALUES ($1)', [id])
    await client.query('COMMIT')
  },
  sum: async () => Number((await pool.read.query('SELECT sum(balance) AS sum FROM account')).rows[0].sum),
})

interface MemberRow {
  readonly member: string
  readonly use: string
}

test('a primary dies under load: nothing acknowledged is lost or doubled, and it is not followed when it comes back', async (context) => {
  const { primary, standby } = await replicated(context)
  await using shop = await opened(primary, standby)
  const pool = shop.shop as unknown as Pool
  const useOf = (name: string): string | undefined =>
    (shop.read('members') as unknown as MemberRow[]).find(({ member }) => member === name)?.use
  const ledger = new Ledger(bank(pool))
  const clients = ledger.start(CLIENTS)
  await until(() => ledger.acknowledged.size >= TRANSFERS)
  expect([useOf('a'), useOf('b'), ledger.failed.size, ledger.unknown.size]).toEqual(['writes', 'reads', 0, 0])

  await primary.kill()
  standby.promote()
  await ledger.servedAgain('PostgreSQL')
  const before = ledger.acknowledged.size
  await until(() => ledger.acknowledged.size >= before + TRANSFERS)
  ledger.stop()
  await clients
  const noted = async (server: Postgres) => (await asked(server, 'SELECT id FROM transfer')).map(({ id }) => Number(id))
  expect(ledger.compare(await noted(standby))).toEqual({ lost: [], doubled: [], denied: [], wrong: [] })
  expect(shop.read('unknownCommits')).toBe(ledger.unknown.size)
  expect(ledger.sums).toBeGreaterThan(TRANSFERS)
  expect([useOf('a'), useOf('b')]).toEqual(['down', 'writes'])
  expect(shop.read('failovers')).toBe(1)
  expect(shop.read('target')).toContain(String(standby.port))
  const failover = { name: 'spyglass.datasource.failover', attributes: { datasource: 'shop', from: 'a', to: 'b' } }
  expect(shop.events.filter(({ name }) => name.includes('datasource'))).toMatchObject([failover])

  await primary.revive()
  await until(() => useOf('a') === 'outdated')
  const there = (await noted(primary)).length
  await pool.query('INSERT INTO transfer VALUES (-7)')
  expect((await pool.read.query('SELECT id FROM transfer WHERE id = -7')).rows).toHaveLength(1)
  expect((await noted(primary)).length).toBe(there)
  expect(shop.read('failovers')).toBe(1)

  await standby.kill() // who starts now sees the old primary alone
  await using later = await opened(primary, standby, shop.folder)
  const used = (later.read('members') as unknown as MemberRow[]).map(({ member, use }) => [member, use])
  expect(used).toEqual([
    ['a', 'outdated'],
    ['b', 'down'],
  ])
})

test('reads go to the standby and back to it after it was down; writes never', async (context) => {
  const { primary, standby } = await replicated(context)
  await asked(primary, 'ALTER SYSTEM RESET synchronous_standby_names')
  await asked(primary, 'SELECT pg_reload_conf()')
  await using shop = await opened(primary, standby)
  const pool = shop.shop as unknown as Pool
  const portOf = async (of: pg.Pool): Promise<number> =>
    Number((await of.query("SELECT current_setting('port') AS port, 1 AS one")).rows[0].port)
  expect([await portOf(pool), await portOf(pool.read)]).toEqual([primary.port, standby.port])
  expect([await portOf(pool.members.named('a')), await portOf(pool.members.tagged('near'))]).toEqual([primary.port, standby.port])
  const [all, one] = [
    await pool.members.query("SELECT current_setting('port')::int AS port"),
    await pool.members.query('SELECT 1', [], ['b']),
  ]
  expect([all.map(({ rows }) => rows?.[0]?.['port']), one.map(({ member }) => member)]).toEqual([[primary.port, standby.port], ['b']])
  const written = await pool.members.batch(['INSERT INTO transfer VALUES (-1)', { text: 'INSERT INTO transfer VALUES ($1)', params: [-2] }])
  expect(written).toMatchObject([
    { member: 'a', changes: 1 },
    { member: 'b', error: { code: '25006' } },
  ])
  const operate = async (operation: string, given: object) =>
    (await shop.resources.carryOut('datasources', 'shop', { operation, given: { ...given } })) as { readonly rows: readonly string[] }[]
  const read = { statement: 'SELECT id, 12345678901234567890 AS n FROM transfer ORDER BY id;' }
  expect(await operate('sql', read)).toMatchObject([
    { member: 'a', rows: ['{"id":-2,"n":"12345678901234567890"}', '{"id":-1,"n":"12345678901234567890"}'] },
  ])
  expect(await operate('sql', { statement: 'SELECT generate_series(1, 1000)', member: 'b' })).toMatchObject([
    { member: 'b', isCut: true, error: '' },
  ])
  expect((await operate('sql', { statement: 'SHOW port', all: true })).map(({ rows }) => rows)).toEqual(
    [primary, standby].map(({ port }) => [JSON.stringify({ port: String(port) })]),
  )
  expect(await operate('sql', { statement: 'SELECT nothing' })).toMatchObject([{ error: 'column "nothing" does not exist' }])
  await expect(operate('sql', { statement: 'DELETE FROM transfer' })).rejects.toThrow(
    expect.objectContaining({ code: 'SPY_STATEMENT_NOT_READ' }),
  )
  expect(await operate('execute', { statement: 'DELETE FROM transfer' })).toMatchObject([{ member: 'a', changes: 2 }])
  expect(() => shop.resources.carryOut('datasources', 'shop', { operation: 'sql', given: { ...read, member: 'z' } })).toThrow(
    'has no member z',
  )
  await standby.kill()
  await until(async () => (await portOf(pool.read)) === primary.port)
  await expect(portOf(pool.members.tagged('near'))).rejects.toThrow(expect.objectContaining({ code: 'SPY_READER_MISSING' }))
  await standby.revive()
  await until(() => shop.events.some(({ name }) => name === 'spyglass.datasource.restored'))
  expect([await portOf(pool), await portOf(pool.read)]).toEqual([primary.port, standby.port])
  expect(shop.read('failovers')).toBe(0)
})

test('without a member that accepts writes a borrower is told so, with the state of each', async (context) => {
  const { primary, standby } = await replicated(context)
  await using shop = await opened(primary, standby)
  const pool = shop.shop as unknown as Pool
  shop.configure({ ...shop.settings, connectTimeoutMs: 1000 })
  await primary.kill()
  await expect(pool.query('SELECT 1')).rejects.toThrow(/a down \(.*\), b read-only/)
})
