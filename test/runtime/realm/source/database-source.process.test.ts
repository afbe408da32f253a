/** Users in tables of a real PostgreSQL, MariaDB and SQLite, over a datasource as applications have it. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import mysql from 'mysql2/promise'
import pg from 'pg'
import pino from 'pino'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { hashPassword } from '@spyglass/process/access'
import { checkedSettings } from '@spyglass/process/config'
import { expect, test, type TestContext } from 'vitest'
import { openResources, type Resources } from '../../../../runtime/src/resource/index.ts'
import { startMariaDb } from '../../../support/mariadb.ts'
import { startPostgres } from '../../../support/postgres.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { accessTo, Browser, serve, startStore } from '../../session/fixture.ts'

const repository = fileURLToPath(new URL('../../../..', import.meta.url))
const password = await hashPassword('right', 1024)

const TABLES = [
  'CREATE TABLE account (name VARCHAR(64) PRIMARY KEY, password VARCHAR(255))',
  'CREATE TABLE account_role (name VARCHAR(64), role VARCHAR(64))',
  `INSERT INTO account VALUES ('ann', '${password}'), ('plain', 'right')`,
  "INSERT INTO account_role VALUES ('ann', 'clerk'), ('ann', 'staff'), ('plain', 'clerk')",
]

interface Shop {
  readonly datasource: Readonly<Record<string, unknown>>
  /** How the driver writes a parameter. */
  readonly parameter: string
}

const shops: Readonly<Record<string, (context: TestContext) => Promise<Shop>>> = {
  async pg(context) {
    const { user, host, port, database, stop } = await startPostgres(context)
    context.onTestFinished(() => stop())
    const url = `postgresql://${user}@${host}:${port}/${database}`
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    for (const statement of TABLES) await client.query(statement)
    await client.end()
    return { datasource: { driver: 'pg', url }, parameter: '$1' }
  },
  async mysql2(context) {
    const { user, password: secret, host, port, database, stop } = await startMariaDb(context)
    context.onTestFinished(() => stop())
    const client = await mysql.createConnection({ host, port, user, password: secret, database })
    for (const statement of TABLES) await client.query(statement)
    await client.end()
    return { datasource: { driver: 'mysql2', url: `mysql://${user}@${host}:${port}/${database}`, password: secret }, parameter: '?' }
  },
  async sqlite() {
    const file = join(tempFolder(), 'shop.db')
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(file)
    for (const statement of TABLES) database.exec(statement)
    database.close()
    return { datasource: { driver: 'sqlite', file }, parameter: '?' }
  },
}

async function opened(context: TestContext, { datasource, parameter }: Shop, given: Readonly<Record<string, unknown>> = {}) {
  const folder = tempFolder()
  const store = await startStore(folder)
  const database = {
    datasource: 'shop',
    userStatement: `SELECT name, password FROM account WHERE name = ${parameter}`,
    rolesStatement: `SELECT role FROM account_role WHERE name = ${parameter} ORDER BY role`,
    ...given,
  }
  const settings = {
    datasources: [{ name: 'shop', ...datasource }],
    sessions: [{ name: 'visitors' }],
    realms: [{ name: 'staff', type: 'database', sessions: 'visitors', database }],
  }
  const { datasources, sessions, realms } = checkedSettings(settings, { origin: 'test', from: folder })
  const resources = await openResources({
    instance: 'shop-1',
    registry: createRegistry({ kindNamed }),
    logger: pino({ enabled: false }),
    folder,
    applicationFolders: [repository],
    sessions: accessTo(store.socket),
    resources: { datasources, sessions, realms },
  })
  context.onTestFinished(async () => {
    await resources.close(0)
    await store.end()
  })
  return resources
}

/** Signs somebody in over HTTP: the name and roles, or the status and code. */
async function signIn(context: TestContext, resources: Resources, user: string, given: string): Promise<string> {
  const staff = resources.get('realms', 'staff')
  const server = await serve((request, response) => {
    staff.signIn(request, response, { user, password: given }).then(
      ({ name, roles }) => response.end(`${name}: ${roles.join()}`),
      ({ statusCode, code }: { statusCode: number; code: string }) => response.writeHead(statusCode).end(code),
    )
  })
  context.onTestFinished(() => server.close())
  return await new Browser().get(server.url)
}

for (const [driver, startShop] of Object.entries(shops)) {
  test(`users and roles come from the tables of a database: ${driver}`, async (context) => {
    const resources = await opened(context, await startShop(context))
    expect(await signIn(context, resources, 'ann', 'right')).toBe('200 ann: clerk,staff')
    expect(await signIn(context, resources, 'ann', 'wrong')).toBe('401 SPY_SIGN_IN_WRONG')
    expect(await signIn(context, resources, 'bob', 'right')).toBe('401 SPY_SIGN_IN_WRONG')
    expect(await signIn(context, resources, "' OR '1'='1", 'right')).toBe('401 SPY_SIGN_IN_WRONG')
    expect(await signIn(context, resources, 'plain', 'right')).toBe('503 SPY_REALM_FAILED') // a password in the clear is none
  })
}

test('statements that give something else, or nothing at all, let nobody in', async (context) => {
  const shop = await shops['sqlite']!(context)
  const outcomes = [
    { userStatement: 'SELECT name, password FROM account WHERE name <> ?' },
    { userStatement: 'SELECT password FROM account WHERE name = ?' },
    { userStatement: 'SELECT name, password FROM nowhere WHERE name = ?' },
    { rolesStatement: 'SELECT 1 AS role WHERE ? IS NOT NULL' },
  ].map(async (given) => signIn(context, await opened(context, shop, given), 'ann', 'right'))
  expect(await Promise.all(outcomes)).toEqual(Array.from(outcomes, () => '503 SPY_REALM_FAILED'))
  const unnamed = await opened(context, shop, { rolesStatement: undefined })
  expect(await signIn(context, unnamed, 'ann', 'right')).toBe('200 ann: ')
})

test('a datasource that the application does not use fails the start', async (context) => {
  const shop = await shops['sqlite']!(context)
  await expect(opened(context, shop, { datasource: 'other' })).rejects.toThrow()
})
