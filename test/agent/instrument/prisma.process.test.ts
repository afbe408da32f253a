import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { prisma } from '../../../agent/src/instrument/prisma.ts'
import { installFromRegistry } from '../../support/from-registry.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'
import { startPostgres } from '../../support/postgres.ts'

const SCHEMA = `
generator client {
  provider = "prisma-client-js"
}
datasource db {
  provider = "postgresql"
}
model User {
  id   Int     @id @default(autoincrement())
  name String?
  @@map("users")
}
`

const PROGRAM = `import prismaClient from '@prisma/client'
import { PrismaPg } from '@prisma/adapter-pg'
const db = new (prismaClient as any).PrismaClient({ adapter: new PrismaPg(JSON.parse(process.env.DB!)) })
async function main(): Promise<void> {
  await db.$executeRawUnsafe('CREATE TABLE users (id serial PRIMARY KEY, name text)')
  await inRequest(async () => {
    await db.user.create({ data: { name: 'a secret' } })
    const found = db.user.findMany({ where: { name: 'a secret' } })
    await found
    await db.$queryRaw\`SELECT 1 AS one\`
    await db.$transaction(async (transaction: any) => {
      await transaction.user.deleteMany({ where: { name: 'a secret' } })
    })
    await db.$transaction([
      db.user.count(),
    ])
  })
  await db.$executeRawUnsafe('DROP TABLE users')
  await db.$disconnect()
}
declare const inRequest: (handler: () => unknown) => Promise<string>
`

/** The client with its adapter, generated. */
async function installed(context: TestContext): Promise<string> {
  const project = await installFromRegistry(context, ['prisma@7.10.1', '@prisma/client@7.10.0', '@prisma/adapter-pg@7.10.1'], 'hoisted')
  writeFileSync(join(project, 'schema.prisma'), SCHEMA)
  // It would fetch the engine that changes schemas, which nothing here needs.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath }
  execFileSync(process.execPath, ['node_modules/prisma/build/index.js', 'generate', '--schema', 'schema.prisma'], { cwd: project, env })
  return project
}

test('statements of Prisma name the line of the application, although they run when somebody waits for them, in each form', async (context) => {
  const [server, project] = [await startPostgres(context), await installed(context)]
  context.onTestFinished(() => server.stop())
  const { host, port, user, database } = server
  const env = { DB: JSON.stringify({ host, port, user, database }), NODE_ENV: 'production' }
  for (const form of formsOf(prisma)) {
    const { traces, sink } = await recorded(PROGRAM, { form, project, env })
    const statements = traces
      .flatMap(({ children }) => children)
      .filter(({ attributes }) => /users|one/.test(String(attributes['db.query.text'])))
    expect([form, ...statements.map(codeOf)]).toEqual([
      form,
      expect.stringContaining('db.user.create('),
      expect.stringContaining('db.user.findMany('),
      expect.stringContaining('db.$queryRaw'),
      expect.stringContaining('transaction.user.deleteMany('),
      expect.stringContaining('db.user.count('),
    ])
    expect(JSON.stringify(sink.spans)).not.toContain('secret')
  }
})
