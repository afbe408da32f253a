import { expect, test } from 'vitest'
import { sequelize, typeorm } from '../../../agent/src/instrument/orms.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'
import { startMariaDb } from '../../support/mariadb.ts'
import { startPostgres } from '../../support/postgres.ts'

const DECLARED = 'declare const inRequest: (handler: () => unknown) => Promise<string>\n'
type Context = Parameters<typeof startPostgres>[0]

const SEQUELIZE = `import sequelizeModule from 'sequelize'
const { Sequelize, DataTypes } = sequelizeModule
const db = new Sequelize({ ...JSON.parse(process.env.DB!), logging: false })
const User: any = db.define('user', { name: DataTypes.STRING }, { timestamps: false })
async function main(): Promise<void> {
  await User.sync()
  await inRequest(async () => {
    await User.create({ name: 'a secret' })
    const found = await User.findAll({ where: { name: 'a secret' } })
    await db.query('SELECT 1 AS one')
    await db.transaction(async (transaction: any) => {
      await User.destroy({ where: { name: 'a secret' }, transaction })
    })
    return found.length
  })
  await User.drop()
  await db.close()
}
${DECLARED}`

const TYPEORM = `import { DataSource, EntitySchema } from 'typeorm'
const entity: any = new EntitySchema({ name: 'users', columns: { id: { type: Number, primary: true, generated: true }, name: { type: String } } } as any)
const db = new DataSource({ ...JSON.parse(process.env.DB!), entities: [entity], synchronize: true })
async function main(): Promise<void> {
  await db.initialize()
  const users: any = db.getRepository(entity)
  await inRequest(async () => {
    await users.save({ name: 'a secret' })
    const found = await users.find({ where: { name: 'a secret' } })
    await db.query('SELECT 1 AS one')
    await users.delete({ name: 'a secret' })
    return found.length
  })
  await db.destroy()
}
${DECLARED}`

async function databases(context: Context): Promise<Record<string, Record<string, unknown>>> {
  const [postgres, mariaDb] = [await startPostgres(context), await startMariaDb(context)]
  context.onTestFinished(async () => {
    await postgres.stop()
    await mariaDb.stop()
  })
  return {
    postgres: { host: postgres.host, port: postgres.port, username: postgres.user, database: postgres.database },
    mysql: { host: mariaDb.host, port: mariaDb.port, username: mariaDb.user, password: mariaDb.password, database: mariaDb.database },
  }
}

async function expectLines(program: string, form: ReturnType<typeof formsOf>[number], db: object, lines: readonly string[]): Promise<void> {
  const { traces, sink } = await recorded(program, { form, env: { DB: JSON.stringify(db) } })
  const request = traces.find(({ root }) => root.attributes['url.path'] !== undefined)
  const found = request?.children
    .filter(({ attributes }) => /users|one/.test(String(attributes['db.query.text'])))
    .map((span) => codeOf(span) ?? `none: ${String(span.attributes['db.query.text'])}`)
  expect([form, db, ...(found ?? [])]).toEqual([form, db, ...lines.map((line) => expect.stringContaining(line))])
  expect(JSON.stringify(sink.spans)).not.toContain('secret')
}

test('statements of Sequelize name the line of the application, with pg and mysql2', async (context) => {
  for (const [dialect, db] of Object.entries(await databases(context)))
    for (const form of formsOf(sequelize))
      await expectLines(SEQUELIZE, form, { dialect, ...db }, ['User.create(', 'User.findAll(', 'db.query(', 'User.destroy('])
})

test('statements of TypeORM name the line of the application, with pg and mysql2', async (context) => {
  for (const [type, db] of Object.entries(await databases(context)))
    for (const form of formsOf(typeorm))
      await expectLines(TYPEORM, form, { type, ...db }, ['users.save(', 'users.find(', 'db.query(', 'users.delete('])
})
