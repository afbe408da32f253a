/** What an operator does with the datasource of a running application, whose database is a PostgreSQL. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { type Postgres, startPostgres, startPostgresStandby } from '../support/postgres.ts'
import { underLoad } from '../support/request-load.ts'
import { repository, startSuite, type Suite } from '../support/suite.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'

const folder = join(repository, 'test/fixtures/database')

async function started(context: TestContext) {
  const server = await startPostgres(context, { password: 'first' })
  const suite = await startSuite(tempFolder(), {
    datasources: [{ name: 'shop', driver: 'pg', url: urlOf(server), password: 'first', max: 4 }],
    applications: [{ name: 'shop', folder, contextPath: '/', datasources: ['shop'] }],
  })
  return {
    server,
    suite,
    async [Symbol.asyncDispose]() {
      await suite[Symbol.asyncDispose]()
      await server.stop()
    },
  }
}

const urlOf = ({ user, host, port }: Postgres, database = 'postgres'): string => `postgres://${user}@${host}:${port}/${database}`

const answer = async (suite: Suite, path = '/'): Promise<string> => (await fetch(`${suite.urls.app}${path}`)).text()

async function administered(server: Postgres, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ host: server.host, port: server.port, user: server.user, database: 'postgres', password: 'first' })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

test('database and password change while the application runs, and no request fails', async (context) => {
  await using around = await started(context)
  const { suite, server } = around
  const pid = (await suite.run('get', 'instance.shop-1.pid')).stdout
  await administered(server, 'CREATE DATABASE second', `CREATE USER other SUPERUSER PASSWORD 'second'`)
  expect(await answer(suite)).toBe('postgres spyglass')
  const { good, failures } = await underLoad(suite.urls.app, /^200 (postgres|second) spyglass$/, async () => {
    expect((await suite.run('set', `datasources.shop.url=${urlOf(server, 'second')}`)).code).toBe(0)
    await until(async () => (await answer(suite)) === 'second spyglass')
  })
  expect([good > 0, failures]).toEqual([true, []])
  const changed = await suite.run('set', `datasources.shop.url=${urlOf({ ...server, user: 'other' })}`, 'datasources.shop.password=second')
  expect([changed.code, changed.stdout]).toEqual([0, expect.not.stringContaining('=second')])
  await until(async () => (await answer(suite)) === 'postgres other')
  expect((await suite.run('get', 'instance.shop-1.pid')).stdout).toBe(pid)
})

test('an operator sees who blocks whom, and cancels a statement', async (context) => {
  await using around = await started(context)
  const { suite } = around
  expect((await suite.run('sql', 'shop', 'SELECT 7 AS seven')).stdout.trim()).toBe('seven\n7')
  const refused = await suite.run('sql', 'shop', 'CREATE TABLE made (id int)')
  expect([refused.code === 0, refused.stderr]).toEqual([false, expect.stringContaining('SPY_STATEMENT_NOT_READ')])
  expect((await suite.run('sql', 'shop', 'CREATE TABLE made (id int)', '--write')).code).toBe(0)
  await answer(suite, '/lock')
  const waiting = answer(suite, '/wait')
  const shown = await until(async () => {
    const { stdout } = await suite.run('invoke', 'datasource.shop-1.shop', 'autopsy')
    return stdout.includes('blocked') || /connection 1 \(idle in transaction/.test(stdout) ? stdout : undefined
  })
  expect(shown).toMatch(/Lock: advisory/)
  expect((await suite.run('invoke', 'datasource.shop-1.shop', 'cancel', '--connection', '2')).code).toBe(0)
  expect(await waiting).toContain('canceling statement due to user request')
})

test('pools that may open more connections than the database accepts are in the status and an event', async (context) => {
  await using around = await started(context)
  const { suite } = around
  expect((await suite.run('status')).stdout).not.toContain('which accepts')
  expect((await suite.run('set', 'datasources.shop.max=60', 'applications.shop.replicas=2')).code).toBe(0)
  const { port } = around.server
  await until(async () =>
    (await suite.run('status')).stdout.includes(`2 pools may open 120 connections to 127.0.0.1:${port}, which accepts 97`),
  )
  await until(() => readFileSync(join(suite.data, 'logs/server.log'), 'utf8').includes('spyglass.datasource.oversized'))
})

test('a standby joins a datasource and leaves it while the application runs, and no request fails', async (context) => {
  const primary = await startPostgres(context)
  onTestFinished(() => primary.stop())
  const standby = await startPostgresStandby(context, primary)
  onTestFinished(() => standby.stop())
  await using suite = await startSuite(tempFolder(), {
    datasources: [{ name: 'shop', driver: 'pg', members: [{ name: 'a', url: urlOf(primary) }], max: 4 }],
    applications: [{ name: 'shop', folder, contextPath: '/', datasources: ['shop'] }],
  })
  const shown = async (what: string): Promise<string> => (await suite.run('get', what)).stdout
  const pid = await shown('instance.shop-1.pid')
  const member = `datasources.shop.members.${urlOf(standby).replaceAll('.', String.raw`\.`)}`
  const { good, failures } = await underLoad(suite.urls.app, /^200 postgres spyglass$/, async () => {
    expect((await suite.run('create', member, 'name=b', 'role=standby')).code).toBe(0)
    await until(async () => /b: .*reads|reads.*\bb\b|\bb\b.*reads/.test(await shown('datasource.shop-1.shop.members')))
    expect((await suite.run('set', `${member}.weight=3`)).code).toBe(0)
    expect((await suite.run('delete', member)).code).toBe(0)
    await until(async () => !(await shown('datasource.shop-1.shop.members')).includes('standby'))
  })
  expect([good > 0, failures, await shown('instance.shop-1.pid')]).toEqual([true, [], pid])
})
