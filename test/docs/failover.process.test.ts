/** The page on failover as a reader follows it, with two PostgreSQL in place of those that its URLs name. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkedSettings, type DatasourceConfig, type Settings } from '@spyglass/process/config'
import type pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parse } from 'yaml'
import type { DatasourceGroup } from '@spyglass/runtime/application'
import { systemClock } from '../../runtime/src/clock/clock.ts'
import { openShop } from '../runtime/datasource/fixture.ts'
import { type Postgres, startPostgres, startPostgresStandby } from '../support/postgres.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/failover.md'), 'utf8')
const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text)

interface Application {
  readonly order: (shop: Pool, product: string) => Promise<string>
  readonly cart: (shop: Pool, customer: string) => Promise<readonly unknown[]>
}
type Pool = DatasourceGroup<pg.Pool>

async function application(): Promise<Application> {
  const file = join(tempFolder(), 'shop.mjs')
  writeFileSync(file, blocksOf('js').join('\n'))
  return (await import(pathToFileURL(file).href)) as Application
}

const urlOf = ({ user, host, port, database }: Postgres): string => `postgres://${user}@${host}:${port}/${database}`

/** The datasource of that block, on these servers. */
async function followed(block: number, servers: readonly Postgres[], changes: Partial<DatasourceConfig> = {}) {
  const given = parse(blocksOf('yaml')[block] ?? '') as Settings
  const [source] = checkedSettings(given, { origin: 'failover.md', from: '/' }).datasources as [DatasourceConfig]
  vi.stubEnv('SHOP_DATABASE_PASSWORD', 'any')
  const members = source.members.map((member, i) => ({ ...member, url: urlOf(servers[i]!) }))
  return await openShop({ ...source, file: undefined, members, maxLagMs: 3_600_000, probeTimeoutMs: 5000, ...changes }, systemClock)
}

test('its application orders before and after a failover, its routes lead where they say, and its keys have their members', async (context) => {
  const primary = await startPostgres(context)
  onTestFinished(() => primary.stop())
  const { order, cart } = await application()
  {
    await using alone = await openShop({ driver: 'pg', file: undefined, url: urlOf(primary) }, systemClock)
    const pool = alone.shop as unknown as Pool
    expect(pool.read).toBe(pool)
    await pool.query('CREATE SCHEMA reporting')
    await pool.query('CREATE TABLE product AS SELECT $$tea$$ AS name, 7 AS price')
    await pool.query('CREATE TABLE orders (product text, price int)')
    await pool.query('CREATE TABLE cart AS SELECT $$c1$$ AS customer')
    await pool.query("CREATE VIEW reporting.where_am_i AS SELECT current_setting('port')::int AS port")
  }
  const standby = await startPostgresStandby(context, primary)
  onTestFinished(() => standby.stop())
  const servers = [primary, standby]
  {
    await using routed = await followed(1, servers)
    const pool = routed.shop as unknown as Pool
    const portOf = async (sql: string) => ((await pool.query(sql)).rows[0] as { port: number }).port
    expect(await portOf('SELECT port FROM reporting.where_am_i')).toBe(standby.port)
    expect(await portOf("SELECT current_setting('port')::int AS port")).toBe(standby.port)
    expect(await portOf("SELECT current_setting('port')::int AS port FROM product FOR UPDATE")).toBe(primary.port)
  }
  {
    await using sharded = await followed(0, servers, { sharded: true })
    const pool = sharded.shop as unknown as Pool
    expect(await cart(pool, 'c1')).toEqual([{ customer: 'c1' }])
    expect(new Set(Array.from({ length: 40 }, (_, key) => pool.members.shardOf(`c${key}`)))).toEqual(new Set(['a', 'b']))
    await expect(pool.query('SELECT 1')).rejects.toThrow(/sharded: take a pool/)
    expect(() => pool.members.named('c')).toThrow(expect.objectContaining({ code: 'SPY_MEMBER_UNKNOWN' }))
  }
  await using shop = await followed(0, servers, { probeIntervalMs: 100 })
  const pool = shop.shop as unknown as Pool
  expect(await order(pool, 'tea')).toBe('ordered')
  await until(async () => (await pool.read.query('SELECT 1 FROM orders')).rowCount === 1)
  await primary.kill()
  standby.promote()
  await until(async () => (await order(pool, 'tea')) === 'ordered')
  expect((await pool.query('SELECT * FROM orders')).rowCount).toBeGreaterThanOrEqual(2)
  expect(shop.read('failovers')).toBe(1)
})
