/** The sale as a server runs it, with five times as many buyers at once as it has places, while what it needs is killed. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { Buyer, buy } from '../support/buyers.ts'
import { asked, replicatedPostgres, urlOf } from '../support/replicated-postgres.ts'
import { repository, serverAlone, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const folder = join(repository, 'examples/flash-sale')
const ITEMS = 100
const BUYERS = 130
const REPLICAS = 2
/** Requests under way in one instance. */
const PLACES = 8
const AT_ONCE = 5 * REPLICAS * PLACES

interface OrderRow {
  readonly id: string
  readonly account: string
  readonly state: string
}

const settingsOf = (sale: object) => ({
  datasources: [{ name: 'sale', max: 4, ...sale }],
  sessions: [{ name: 'buyers' }],
  rateLimits: [{ name: 'buyers', by: 'account', max: 100_000 }],
  applications: [
    {
      name: 'flash-sale',
      folder,
      contextPath: '/',
      replicas: REPLICAS,
      datasources: ['sale'],
      sessions: ['buyers'],
      rateLimits: ['buyers'],
      admission: { enabled: true, maxInFlight: PLACES },
    },
  ],
})

async function signedIn({ urls }: Suite): Promise<readonly Buyer[]> {
  const buyers = Array.from({ length: BUYERS }, (_, at) => new Buyer(urls.app, `buyer-${at}`))
  for (let at = 0; at < BUYERS; at += PLACES) await Promise.all(buyers.slice(at, at + PLACES).map((buyer) => buyer.signIn()))
  return buyers
}

/** What each was told is what the ledger has, and everybody is still signed in. */
async function expectExact(buyers: readonly Buyer[], orders: readonly OrderRow[]): Promise<void> {
  const told = new Set(buyers.flatMap(({ name, order }) => (order === undefined ? [] : [`${name} ${order}`])))
  expect(new Set(orders.map(({ account, id }) => `${account} ${id}`))).toEqual(told)
  expect([orders.length, buyers.filter(({ isToldSoldOut }) => isToldSoldOut).length]).toEqual([ITEMS, BUYERS - ITEMS])
  for (const buyer of buyers) {
    const { status, body } = await until(async () => {
      const answer = await buyer.ask('GET', 'order')
      return answer.status === 503 ? undefined : answer
    })
    expect([status, body['order']]).toEqual(buyer.order === undefined ? [404, undefined] : [200, buyer.order])
  }
}

const kill = (suite: Suite, part: string): void => void process.kill(suite.pidOf(part), 'SIGKILL')

function sqlOn(suite: Suite, statement: string): readonly Record<string, unknown>[] {
  using database = new DatabaseSync(join(suite.data, 'sale.db'), { readOnly: true })
  return database
    .prepare(statement)
    .all()
    .map((row) => ({ ...row }))
}

test('both instances are killed in the middle of the sale: exactly 100 are sold, none twice, and nobody is signed out', async () => {
  await using suite = await startSuite(tempFolder(), settingsOf({ file: 'sale.db' }), [], serverAlone)
  const buyers = await signedIn(suite)
  const answers = await buy(buyers, AT_ONCE, (orders) => {
    if (orders === 10) kill(suite, 'flash-sale-1')
    if (orders === 40) kill(suite, 'flash-sale-2')
  })
  expect(answers.get(503)).toBeGreaterThan(0) // more came than there are places
  expect(answers.get(0)).toBeGreaterThan(0)
  await expectExact(buyers, sqlOn(suite, 'SELECT id, account, state FROM sale_order') as unknown as OrderRow[])
  expect(sqlOn(suite, 'SELECT stock FROM item')).toEqual([{ stock: 0 }])
  await until(() => sqlOn(suite, "SELECT id FROM sale_order WHERE state = 'reserved'").length === 0)
})

test('the primary of its database and an instance are killed in the middle: the same', async (context) => {
  const { primary, standby } = await replicatedPostgres(context)
  const members = [
    { name: 'a', url: urlOf(primary), role: 'primary' },
    { name: 'b', url: urlOf(standby), role: 'standby' },
  ]
  const times = { probeIntervalMs: 100, probeTimeoutMs: 5000, connectTimeoutMs: 60_000, maxLagMs: 3_600_000 }
  await using suite = await startSuite(tempFolder(), settingsOf({ driver: 'pg', members, ...times }), [], serverAlone)
  const buyers = await signedIn(suite)
  let promoted: Promise<void> | undefined
  const failOver = async (): Promise<void> => {
    await primary.kill()
    standby.promote()
  }
  const answers = await buy(buyers, AT_ONCE, (orders) => {
    if (orders !== 10) return
    kill(suite, 'flash-sale-1')
    promoted = failOver()
  })
  await promoted
  expect(answers.get(503)).toBeGreaterThan(0)
  await expectExact(buyers, (await asked(standby, 'SELECT id, account, state FROM sale_order')) as unknown as OrderRow[])
  expect(await asked(standby, 'SELECT stock FROM item')).toEqual([{ stock: 0 }])
  await until(async () => (await asked(standby, "SELECT 1 FROM sale_order WHERE state = 'reserved'")).length === 0)
})
