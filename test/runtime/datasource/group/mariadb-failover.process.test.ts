/** A MariaDB that dies under load with a semi-synchronous replica, which an administrator makes the primary. SPYGLASS_SOAK makes it larger. */
import type mysql from 'mysql2'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import type { DatasourceGroup } from '@spyglass/runtime/application'
import { systemClock } from '../../../../runtime/src/clock/clock.ts'
import { type MariaDb, type MariaDbNode, startMariaDbPrimary, startMariaDbReplica } from '../../../support/mariadb.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'
import { ACCOUNTS, BALANCE, Ledger, type LedgerDatabase } from './ledger.ts'

const CLIENTS = process.env['SPYGLASS_SOAK'] ? 200 : 20
const TRANSFERS = 10 * CLIENTS

type Pool = DatasourceGroup<mysql.Pool>

const urlOf = ({ user, host, port, database }: MariaDb): string => `mysql://${user}@${host}:${port}/${database}`

/** A primary that acknowledges nothing its replica does not have. */
async function replicated(context: TestContext) {
  const primary = await startMariaDbPrimary(context)
  onTestFinished(() => primary.stop())
  primary.asRoot('CREATE TABLE shop.account (id int PRIMARY KEY, balance int NOT NULL); CREATE TABLE shop.transfer (id int NOT NULL)')
  for (let id = 0; id < ACCOUNTS; id++) primary.asRoot(`INSERT INTO shop.account VALUES (${id}, ${BALANCE})`)
  const replica = await startMariaDbReplica(context, primary)
  onTestFinished(() => replica.stop())
  await until(() => replica.asRoot('SELECT count(*) FROM shop.account').trim() === String(ACCOUNTS))
  await until(() => primary.asRoot(`SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'`).trim().endsWith('1'))
  return { primary, replica }
}

async function opened(primary: MariaDb, replica: MariaDb, stateFolder?: string) {
  const members = [
    { name: 'a', url: urlOf(primary), role: 'primary' as const, weight: 1, tags: [] },
    { name: 'b', url: urlOf(replica), role: 'standby' as const, weight: 1, tags: [] },
  ]
  const times = { probeIntervalMs: 100, probeTimeoutMs: 5000, restoreAfterMs: 200, acquireTimeoutMs: 100_000, connectTimeoutMs: 60_000 }
  const { password } = primary
  const settings = { driver: 'mysql2' as const, file: undefined, members, password, max: 8, maxWaiting: 1000, maxLagMs: 3_600_000 }
  return await openShop({ ...settings, ...times }, systemClock, { stateFolder })
}

/** mysql2 with promises. */
const bank = (pool: Pool): LedgerDatabase => ({
  async transfer({ id, from, to }) {
    const connection = await pool.promise().getConnection()
    try {
      await connection.beginTransaction()
      for (const account of [from, to].toSorted((a, b) => a - b))
        await connection.query('UPDATE account SET balance = balance + ? WHERE id = ?', [account === to ? 1 : -1, account])
      await connection.query('INSERT INTO transfer VALUES (?)', [id])
      await connection.commit()
    } finally {
      connection.release()
    }
  },
  async sum() {
    const [rows] = await pool.read.promise().query('SELECT sum(balance) AS sum FROM account')
    return Number((rows as { sum: string }[])[0]?.sum)
  },
})

/** What has arrived is applied before it accepts writes. */
async function promote(replica: MariaDbNode): Promise<void> {
  replica.asRoot('STOP SLAVE IO_THREAD')
  await until(() => /has read all relay log/i.test(replica.asRoot(String.raw`SHOW SLAVE STATUS\G`)))
  replica.asRoot('STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0')
}

interface MemberRow {
  readonly member: string
  readonly use: string
}

test('a MariaDB dies under load: nothing acknowledged is lost or doubled, and it is not followed when it comes back', async (context) => {
  const { primary, replica } = await replicated(context)
  await using shop = await opened(primary, replica)
  const pool = shop.shop as unknown as Pool
  const useOf = (name: string): string | undefined =>
    (shop.read('members') as unknown as MemberRow[]).find(({ member }) => member === name)?.use
  const ledger = new Ledger(bank(pool))
  const clients = ledger.start(CLIENTS)
  await until(() => ledger.acknowledged.size >= TRANSFERS)
  expect([useOf('a'), useOf('b'), ledger.failed.size, ledger.unknown.size]).toEqual(['writes', 'reads', 0, 0])

  await primary.kill()
  await promote(replica)
  await ledger.servedAgain('MariaDB')
  const before = ledger.acknowledged.size
  await until(() => ledger.acknowledged.size >= before + TRANSFERS)
  ledger.stop()
  await clients
  const noted = (server: MariaDbNode) => server.asRoot('SELECT id FROM shop.transfer').trim().split('\n').map(Number)
  expect(ledger.compare(noted(replica))).toEqual({ lost: [], doubled: [], denied: [], wrong: [] })
  expect(shop.read('unknownCommits')).toBe(ledger.unknown.size)
  expect([useOf('a'), useOf('b'), shop.read('failovers')]).toEqual(['down', 'writes', 1])

  await primary.revive()
  await until(() => useOf('a') === 'outdated')
  const there = noted(primary).length
  await pool.promise().query('INSERT INTO transfer VALUES (-7)')
  expect([noted(primary).length, noted(replica).includes(-7)]).toEqual([there, true])

  await replica.kill() // who starts now sees the old primary alone
  await using later = await opened(primary, replica, shop.folder)
  const used = (later.read('members') as unknown as MemberRow[]).map(({ member, use }) => [member, use])
  expect(used).toEqual([
    ['a', 'outdated'],
    ['b', 'down'],
  ])
})
