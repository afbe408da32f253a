import { expect, test } from 'vitest'
import { drizzleOrm } from '../../../agent/src/instrument/drizzle.ts'
import { knex } from '../../../agent/src/instrument/knex.ts'
import { type Recorded, codeOf, formsOf, recorded } from '../../support/instrumented.ts'
import { startMariaDb } from '../../support/mariadb.ts'
import { startPostgres } from '../../support/postgres.ts'

const DECLARED = 'declare const inRequest: (handler: () => unknown) => Promise<string>\n'
type Context = Parameters<typeof startPostgres>[0]

async function postgres(context: Context): Promise<Record<string, string>> {
  const server = await startPostgres(context)
  context.onTestFinished(() => server.stop())
  const { host, port, user, database } = server
  return { CLIENT: 'pg', DB: JSON.stringify({ host, port, user, database }) }
}

async function mariaDb(context: Context): Promise<Record<string, string>> {
  const server = await startMariaDb(context)
  context.onTestFinished(() => server.stop())
  const { host, port, user, password, database } = server
  return { CLIENT: 'mysql2', DB: JSON.stringify({ host, port, user, password, database }) }
}

/** Text and line of each statement of the first trace. */
function statementsOf({ traces }: Recorded): unknown[][] {
  return traces
    .flatMap(({ children }) => children)
    .filter(({ attributes }) => attributes['db.query.text'] !== undefined)
    .map((span) => [String(span.attributes['db.query.text']).replaceAll(/[`"]/g, ''), codeOf(span)])
}

const KNEX = `import knex from 'knex'
const db = knex({ client: process.env.CLIENT!, connection: JSON.parse(process.env.DB!), pool: { min: 0, max: 2 } })
async function main(): Promise<void> {
  await inRequest(async () => {
    await db.schema.createTable('users', (table) => table.string('name'))
    await db('users').insert({ name: 'a secret' })
    const found = await db('users').select('name').where('name', 'a secret')
    await db.raw('SELECT 1 AS one')
    await db.transaction(async (transaction) => {
      await transaction('users').where({ name: 'a secret' }).delete()
    })
    return found.length
  })
  await db.schema.dropTable('users')
  await db.destroy()
}
${DECLARED}`

test('statements of Knex name the line of the application that made them, in each form, with pg and mysql2', async (context) => {
  for (const env of [await postgres(context), await mariaDb(context)]) {
    for (const form of formsOf(knex)) {
      const result = await recorded(KNEX, { form, env })
      const statements = statementsOf(result).filter(([text]) => /users|one/.test(String(text)) && !/drop/.test(String(text)))
      expect([env['CLIENT'], form, ...statements]).toEqual([
        env['CLIENT'],
        form,
        [expect.stringMatching(/^create table users/), expect.stringContaining('createTable(')],
        [expect.stringMatching(/^insert into users/), expect.stringContaining('.insert(')],
        [expect.stringMatching(/^select name from users/), expect.stringContaining('.select(')],
        ['SELECT ? AS one', expect.stringContaining('db.raw(')],
        [expect.stringMatching(/^delete from users/), expect.stringContaining('.delete()')],
      ])
      expect(JSON.stringify(result.sink.spans)).not.toContain('secret')
    }
  }
})

const AFTERWARDS = `import knex from 'knex'
import pg from 'pg'
const config = JSON.parse(process.env.DB!)
const db = knex({ client: 'pg', connection: config, pool: { min: 0, max: 2 } })
const pool = new pg.Pool(config)
async function main(): Promise<void> {
  await inRequest(() =>
    db('pg_class').count().then(() =>
      pool.query('SELECT 1 AS afterwards'),
    ),
  )
  await Promise.all([db.destroy(), pool.end()])
}
${DECLARED}`

test('what the application does when a query of Knex is done has lines of its own', async (context) => {
  const result = await recorded(AFTERWARDS, { form: 'tsx', env: await postgres(context) })
  expect(statementsOf(result).filter(([text]) => /count|afterwards/.test(String(text)))).toEqual([
    [expect.stringContaining('count'), expect.stringContaining('.count()')],
    ['SELECT ? AS afterwards', expect.stringContaining('pool.query(')],
  ])
})

const drizzleProgram = (dialect: {
  readonly imports: string
  readonly table: string
  readonly db: string
  readonly end: string
}): string => `
${dialect.imports}
import { eq, sql } from 'drizzle-orm'
const users = ${dialect.table}
const db: any = ${dialect.db}
async function main(): Promise<void> {
  await inRequest(async () => {
    await db.execute(sql\`CREATE TABLE users (name VARCHAR(20))\`)
    await db.insert(users).values({ name: 'a secret' })
    const found = await db.select().from(users).where(eq(users.name, 'a secret'))
    await db.query.users.findFirst()
    await db.transaction(async (transaction: any) => {
      await transaction.delete(users).where(eq(users.name, 'a secret'))
    })
    return found.length
  })
  await db.execute(sql\`DROP TABLE users\`)
  ${dialect.end}
}
${DECLARED}`

const DRIZZLE = {
  pg: drizzleProgram({
    imports: `import { drizzle } from 'drizzle-orm/node-postgres'\nimport { pgTable, text } from 'drizzle-orm/pg-core'\nimport pg from 'pg'`,
    table: `pgTable('users', { name: text('name') })\nconst pool = new pg.Pool(JSON.parse(process.env.DB!))`,
    db: 'drizzle(pool, { schema: { users } })',
    end: 'await pool.end()',
  }),
  mysql2: drizzleProgram({
    imports: `import { drizzle } from 'drizzle-orm/mysql2'\nimport { mysqlTable, varchar } from 'drizzle-orm/mysql-core'\nimport mysql from 'mysql2/promise'`,
    table: `mysqlTable('users', { name: varchar('name', { length: 20 }) })\nconst pool = mysql.createPool(JSON.parse(process.env.DB!))`,
    db: `drizzle(pool, { schema: { users }, mode: 'planetscale' })`,
    end: 'await pool.end()',
  }),
}

test('statements of Drizzle name the line of the application that began them, in each form, with pg and mysql2', async (context) => {
  for (const env of [await postgres(context), await mariaDb(context)]) {
    for (const form of formsOf(drizzleOrm)) {
      const result = await recorded(DRIZZLE[env['CLIENT'] as 'pg'], { form, env })
      const statements = statementsOf(result).filter(([text]) => /users/.test(String(text)) && !/DROP/.test(String(text)))
      expect([env['CLIENT'], form, ...statements]).toEqual([
        env['CLIENT'],
        form,
        [expect.stringMatching(/^CREATE TABLE users/), expect.stringContaining('db.execute(')],
        [expect.stringMatching(/^insert into users/), expect.stringContaining('db.insert(')],
        [expect.stringMatching(/^select name from users/), expect.stringContaining('db.select(')],
        [expect.stringMatching(/^select .*from users/), expect.stringContaining('findFirst(')],
        [expect.stringMatching(/^delete from users/), expect.stringContaining('transaction.delete(')],
      ])
      expect(JSON.stringify(result.sink.spans)).not.toContain('secret')
    }
  }
})
