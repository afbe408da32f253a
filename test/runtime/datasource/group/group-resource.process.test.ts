/** Members, routes and addresses of a group change under load, without a failed statement. */
import type pg from 'pg'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import type { DatasourceGroup } from '@spyglass/runtime/application'
import { systemClock } from '../../../../runtime/src/clock/clock.ts'
import { type Postgres, startPostgres, startPostgresStandby } from '../../../support/postgres.ts'
import { until } from '../../../support/until.ts'
import { openShop } from '../fixture.ts'

type Pool = DatasourceGroup<pg.Pool>

const CLIENTS = 20

async function replicated(context: TestContext) {
  const primary = await startPostgres(context)
  onTestFinished(() => primary.stop())
  const standby = await startPostgresStandby(context, primary)
  onTestFinished(() => standby.stop())
  return { primary, standby }
}

const memberOf = (name: string, { user, port, database }: Postgres, host = '127.0.0.1') => ({
  name,
  url: `postgres://${user}@${host}:${port}/${database}`,
  role: name === 'a' ? ('primary' as const) : ('standby' as const),
  weight: 1,
  tags: [],
})

const PORT = "SELECT current_setting('port')::int AS port"
const portOf = async (of: Pick<pg.Pool, 'query'>): Promise<number> => Number((await of.query(PORT)).rows[0].port)

/** Clients that read, write and hold connections until `stop`, which gives what failed and where reads and writes went. */
function load(pool: Pool) {
  let isOver = false
  const [failures, reads, writes] = [[] as string[], new Map<number, number>(), new Map<number, number>()]
  const count = (ports: Map<number, number>, port: number): void => void ports.set(port, (ports.get(port) ?? 0) + 1)
  const turn = async (): Promise<void> => {
    count(reads, await portOf(pool.read))
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      count(writes, await portOf(client))
      await client.query('COMMIT')
    } finally {
      client.release()
    }
  }
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver) {
      await turn().catch((error: Error) => void failures.push(error.message))
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  return {
    reads,
    writes,
    async stop(): Promise<readonly string[]> {
      isOver = true
      await Promise.all(clients)
      return failures
    },
  }
}

test('members come, move and go under load, and no statement fails', async (context) => {
  const { primary, standby } = await replicated(context)
  const [a, b] = [memberOf('a', primary), memberOf('b', standby)]
  const times = { probeIntervalMs: 100, probeTimeoutMs: 5000, acquireTimeoutMs: 100_000, connectTimeoutMs: 60_000 }
  const given = { driver: 'pg' as const, file: undefined, members: [a], max: 4, maxWaiting: 1000, maxLagMs: 3_600_000, ...times }
  await using shop = await openShop(given, systemClock)
  const pool = shop.shop as unknown as Pool
  const change = (more: object): void => shop.configure({ ...shop.settings, ...more })
  const pidsOf = async (of: pg.Pool): Promise<number> => Number((await of.query('SELECT pg_backend_pid() AS pid')).rows[0].pid)
  const traffic = load(pool)
  await until(() => (traffic.reads.get(primary.port) ?? 0) > CLIENTS)
  expect(pool.members.names).toEqual(['a'])

  change({ members: [a, b] })
  await until(() => (traffic.reads.get(standby.port) ?? 0) > CLIENTS)
  expect(pool.members.names).toEqual(['a', 'b'])

  change({ members: [a, b], routes: [{ statements: 'read', to: 'read' }] })
  expect(await portOf(pool)).toBe(standby.port)
  change({ members: [a, b], routes: [] })
  expect(await portOf(pool)).toBe(primary.port)

  const held = await pool.members.named('b').connect()
  const before = await pidsOf(pool)
  change({ members: [memberOf('a', primary, 'localhost')] })
  expect(() => pool.members.named('b')).toThrow('has no member b')
  expect(await portOf(held)).toBe(standby.port) // who has a connection keeps it
  held.release()
  const [reads, writes] = [traffic.reads.get(primary.port) ?? 0, traffic.writes.get(primary.port) ?? 0]
  await until(() => (traffic.reads.get(primary.port) ?? 0) > reads + CLIENTS && (traffic.writes.get(primary.port) ?? 0) > writes + CLIENTS)
  expect([await pidsOf(pool)].includes(before)).toBe(false)
  expect(await traffic.stop()).toEqual([])
  expect([[...traffic.writes.keys()], shop.read('failovers')]).toEqual([[primary.port], 0])
  await until(() => shop.registry.find('spyglass:type=Datasource,instance=http-1,name=shop/b') === undefined)
})
