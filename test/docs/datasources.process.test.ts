/** The page on datasources as a reader follows it, with a PostgreSQL in place of the one that its URL names. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkedSettings, type DatasourceConfig, type Settings } from '@spyglass/process/config'
import type pg from 'pg'
import { afterAll, expect, test, type TestContext, vi } from 'vitest'
import { parse } from 'yaml'
import { ManualClock, openShop } from '../runtime/datasource/fixture.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { ROOT } from '../support/sources.ts'
import { tempFolder } from '../support/temp-folder.ts'

const page = readFileSync(join(ROOT, 'docs/how-to/datasources.md'), 'utf8')
const blockOf = (language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)![1]!

let server: Promise<Postgres> | undefined
afterAll(async () => await (await server)?.stop())

/** The datasource of the page. */
async function followed(context: TestContext) {
  const { host, port, user, database } = await (server ??= startPostgres(context, { password: 'right' }))
  const settings = checkedSettings(parse(blockOf('yaml')) as Settings, { origin: 'spyglass.yaml', from: '/' })
  const [source] = settings.datasources as [DatasourceConfig]
  expect(settings.applications[0]?.datasources).toEqual([source.name])
  vi.stubEnv(source.passwordFrom!.slice('env:'.length), 'right')
  const opened = await openShop({ ...source, url: `postgres://${user}@${host}:${port}/${database}` }, new ManualClock())
  return { opened, pool: opened.shop as unknown as pg.Pool }
}

interface Application {
  default(context: { datasource(name: string): pg.Pool }): (request: unknown, response: { end(text: string): void }) => Promise<void>
  order(pool: pg.Pool, product: string): Promise<void>
}

test('its application answers, and returns what it borrows', async (context) => {
  const { opened, pool } = await followed(context)
  await using _closing = opened
  const file = join(tempFolder(), 'shop.mjs')
  writeFileSync(file, blockOf('js'))
  const shop = (await import(pathToFileURL(file).href)) as Application
  await pool.query('CREATE TABLE orders (product int NOT NULL)')
  await shop.order(pool, '7')
  await expect(shop.order(pool, 'no number')).rejects.toThrow('invalid input syntax')
  const answers: string[] = []
  const handler = shop.default({ datasource: (name) => (name === 'shop' ? pool : expect.unreachable()) })
  await handler({}, { end: (text) => void answers.push(text) })
  expect(answers).toEqual(['{"orders":1}'])
  expect(opened.read('activeConnections')).toBe(0)
})

test('a connection that is forgotten is taken back after its reclaimAfterMs', async (context) => {
  const { opened, pool } = await followed(context)
  await using _closing = opened
  const client = await pool.connect()
  opened.clock.advance(119_999)
  expect([opened.read('leaks'), opened.read('reclaimed')]).toEqual([1, 0])
  opened.clock.advance(1)
  expect(opened.read('reclaimed')).toBe(1)
  expect(() => client.query('SELECT 1')).toThrow(expect.objectContaining({ code: 'SPY_CONNECTION_RECLAIMED' }))
})

test('a password in the URL is refused', () => {
  const given = blockOf('yaml').replace('shop@', 'shop:hunter2@')
  expect(() => checkedSettings(parse(given) as Settings, { origin: 'spyglass.yaml', from: '/' })).toThrow('passwordFrom')
})
