import { expect, test } from 'vitest'
import { pg } from '../../../agent/src/instrument/pg.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'
import { startPostgres } from '../../support/postgres.ts'

const PROGRAM = `import pg from 'pg'
const pool = new pg.Pool({ max: 2 })
async function main(): Promise<void> {
  await inRequest(() => pool.query('SELECT 42'))
  await pool.end()
}
declare const inRequest: (handler: () => unknown) => Promise<string>
`

test('pg is recorded, with its call site, in each form', async (context) => {
  const postgres = await startPostgres(context)
  context.onTestFinished(() => postgres.stop())
  const env = { PGHOST: postgres.host, PGPORT: String(postgres.port), PGUSER: postgres.user, PGDATABASE: postgres.database }
  for (const form of formsOf(pg)) {
    const { traces } = await recorded(PROGRAM, { form, env })
    const statement = traces.flatMap(({ children }) => children).find(({ attributes }) => attributes['db.query.text'] !== undefined)
    expect([form, statement?.attributes['db.query.text'], statement && codeOf(statement)]).toEqual([
      form,
      'SELECT ?',
      expect.stringContaining('pool.query('),
    ])
  }
})
