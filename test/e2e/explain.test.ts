/** Plans of slow statements, switched on and off while the application runs, from its database to the store. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { get, sql } from '../support/clients.ts'
import { startPostgres } from '../support/postgres.ts'
import { repository, startSuite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const PROGRAM = `export default ({ datasource }) => async ({ url }, response) => {
  const column = url === '/oid' ? 'oid' : 'relpages'
  await datasource('shop').query('SELECT pg_sleep(0.2), ' + column + " FROM pg_class WHERE relname = 'pg_class' AND relkind <> 'planted'")
  response.end('done')
}`

test('spyglass set agent.explain=true shows plans of slow statements without a new generation, and =false ends it', async (context) => {
  const database = await startPostgres(context)
  onTestFinished(() => database.stop())
  const folder = tempFolder()
  const application = join(folder, 'shop')
  mkdirSync(join(application, 'node_modules'), { recursive: true })
  symlinkSync(join(repository, 'node_modules/pg'), join(application, 'node_modules/pg'))
  writeFileSync(join(application, 'package.json'), '{"type":"module","main":"index.js"}')
  writeFileSync(join(application, 'index.js'), PROGRAM)
  await using suite = await startSuite(folder, {
    agent: { slowRequestMs: 50, slowStatementMs: 50 },
    datasources: [{ name: 'shop', driver: 'pg', url: `postgres://${database.user}@${database.host}:${database.port}/postgres` }],
    applications: [{ name: 'shop', folder: application, contextPath: '/', datasources: ['shop'] }],
  })
  const pid = (await suite.run('get', 'instance.shop-1.pid')).stdout
  const ask = async (path: string): Promise<void> => expect(await get(`${suite.urls.app}${path}`)).toEqual({ status: 200, body: 'done' })
  /** Of the statements over this column: how many are stored, and the plans that some have. */
  const stored = async (column: string): Promise<{ readonly spans: number; readonly plans: readonly string[] }> => {
    const [row] = await sql(
      suite,
      `SELECT count() AS spans, groupUniqArrayIf(SpanAttributes['spyglass.sql.plan'], mapContains(SpanAttributes, 'spyglass.sql.plan')) AS plans
      FROM spyglass.otel_traces WHERE SpanAttributes['db.query.text'] LIKE '%pg_sleep%${column} from%' OR SpanAttributes['db.query.text'] LIKE '%pg_sleep%${column} FROM%'`,
    )
    return { spans: Number(row?.['spans']), plans: row?.['plans'] as readonly string[] }
  }
  await ask('/oid')
  await until(async () => (await stored('oid')).spans > 0)
  expect((await stored('oid')).plans).toEqual([])

  expect(await suite.run('set', 'agent.explain=true')).toMatchObject({ code: 0 })
  const [plan] = await until(async () => {
    await ask('/oid')
    const { plans } = await stored('oid')
    return plans.length > 0 && plans
  })
  expect(plan).toMatch(/Scan .*pg_class/)
  expect(plan).not.toContain('planted')

  expect(await suite.run('set', 'agent.explain=false')).toMatchObject({ code: 0 })
  for (let at = 0; at < 3; at++) await ask('/relpages')
  await until(async () => (await stored('relpages')).spans >= 3)
  expect((await stored('relpages')).plans).toEqual([])
  expect((await suite.run('get', 'instance.shop-1.pid')).stdout).toBe(pid)
})
