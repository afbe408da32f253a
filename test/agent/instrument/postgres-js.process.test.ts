import { join } from 'node:path'
import { expect, test } from 'vitest'
import { postgres } from '../../../agent/src/instrument/postgres-js.ts'
import { installFromRegistry } from '../../support/from-registry.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'
import { startPostgres } from '../../support/postgres.ts'

const PROGRAM = `import postgres from 'postgres'
const sql = postgres({ host: '127.0.0.1', port: Number(process.env.PORT), user: 'spyglass', database: 'postgres', max: 2, fetch_types: false, onnotice: () => {} })
async function main(): Promise<void> {
  await sql\`CREATE TABLE orders (id int, who text)\`
  await inRequest(async () => {
    const part = sql\`who = \${'anna'}\`
    await sql\`SELECT * FROM orders WHERE id = \${1} AND \${part}\`
    await sql.unsafe("SELECT 'a secret' AS hidden")
  })
  await inRequest(() => sql.begin(async (tx: any) => { await tx\`INSERT INTO orders \${tx({ id: 1, who: 'anna' })}\` }))
  await inRequest(async () => { for await (const rows of sql\`SELECT generate_series(1, 5)\`.cursor(2)) void rows })
  const stack = await new Promise<string>((resolve) => inRequest(() => sql\`SELECT * FROM missing\`.catch((error: Error) => resolve(error.stack!))))
  if (!/at (async )?(new Promise|.*inRequest|.*app|.*bundle|.*Object|.*<anonymous>|file)/.test(stack)) throw new Error('no place: ' + stack)
  await Promise.all(Array.from({ length: 40 }, (_, at) => inRequest(() => sql\`SELECT \${at}::int AS id, pg_sleep(0.002)\`, '/many/' + at)))
  await sql\`DROP TABLE orders\`
  await sql.end()
}
declare const inRequest: (handler: () => unknown, path?: string) => Promise<string>
`

test('statements belong to the request that made them, with their place and without literals, in each form', async (context) => {
  const aliases = { postgres: join(await installFromRegistry(context, 'postgres@3.4.9', 'nested'), 'node_modules/postgres') }
  const server = await startPostgres(context)
  context.onTestFinished(() => server.stop())
  for (const form of formsOf(postgres)) {
    const { traces, sink } = await recorded(PROGRAM, { form, aliases, env: { PORT: String(server.port) } })
    const ofRequests = traces.filter(({ root }) => root.kind === 2)
    const texts = ofRequests.map(({ children }) => children.map(({ attributes }) => attributes['db.query.text']))
    expect([form, ...texts.slice(0, 4)]).toEqual([
      form,
      ['SELECT * FROM orders WHERE id = ? AND who = ?', 'SELECT ? AS hidden'],
      ['begin', 'INSERT INTO orders ("id", "who")values(?, ?)', 'commit'],
      ['SELECT generate_series(?, ?)'],
      ['SELECT * FROM missing'],
    ])
    // One of its own for each, though most waited until another request gave its connection back.
    expect(texts.slice(4)).toEqual(Array.from({ length: 40 }, () => ['SELECT ?::int AS id, pg_sleep(?)']))
    expect(ofRequests[0]?.children.map((span) => codeOf(span))).toEqual([
      expect.stringContaining('SELECT * FROM orders'),
      expect.stringContaining('sql.unsafe('),
    ])
    expect(ofRequests[3]?.children[0]).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': '42P01', 'db.system.name': 'postgresql' },
    })
    expect(ofRequests[0]?.children[0]?.attributes['db.client.connection.pool.name']).toBe(`127.0.0.1:${server.port}/postgres`)
    expect(JSON.stringify([sink.spans, sink.points])).not.toMatch(/anna|secret/)
  }
})
