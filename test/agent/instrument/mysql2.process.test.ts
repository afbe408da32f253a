import { expect, test } from 'vitest'
import { mysql2 } from '../../../agent/src/instrument/mysql2.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'
import { startMariaDb } from '../../support/mariadb.ts'

const DECLARED = 'declare const inRequest: (handler: () => unknown, path?: string) => Promise<string>\n'

async function database(context: Parameters<typeof startMariaDb>[0]): Promise<Record<string, string>> {
  const server = await startMariaDb(context)
  context.onTestFinished(() => server.stop())
  const { host, port, user, password } = server
  return {
    DB: JSON.stringify({ host, port, user, password, database: server.database, connectionLimit: 4 }),
    POOL: `${host}:${port}/${server.database}`,
  }
}

const PROGRAM = `import mysql from 'mysql2/promise'
import callbacks from 'mysql2'
const config = JSON.parse(process.env.DB!)
async function main(): Promise<void> {
  const pool = mysql.createPool(config)
  await inRequest(async () => {
    await pool.query('SELECT ? AS a, "a secret" AS b', ['another'])
    await pool.execute('SELECT ? + 1 AS c', [41])
  })
  const plain = callbacks.createPool(config)
  await inRequest(() => new Promise((resolve) => plain.query('SELECT 3 AS d', resolve)))
  await inRequest(() => pool.query('SELECT * FROM missing').catch(() => 'caught'))
  const connection = await mysql.createConnection(config)
  await inRequest(() => connection.query({ sql: 'SELECT 4 AS e' }))
  await inRequest(() => new Promise((resolve) => plain.query('SELECT 5 AS f').on('end', resolve)))
  await Promise.all([pool.end(), connection.end(), new Promise((resolve) => plain.end(resolve))])
}
${DECLARED}`

test('statements of every interface are recorded, with their call sites and without literals, in each form', async (context) => {
  const env = await database(context)
  for (const form of formsOf(mysql2)) {
    const { traces, sink } = await recorded(PROGRAM, { form, env })
    const statements = traces.map(({ children }) => children.filter(({ attributes }) => attributes['db.query.text'] !== undefined))
    expect([form, ...statements.map((each) => each.map(({ attributes }) => attributes['db.query.text']))]).toEqual([
      form,
      ['SELECT ? AS a, ? AS b', 'SELECT ? + ? AS c'],
      ['SELECT ? AS d'],
      ['SELECT * FROM missing'],
      ['SELECT ? AS e'],
      ['SELECT ? AS f'],
    ])
    expect(statements.flat().map((span) => codeOf(span))).toEqual([
      expect.stringContaining('pool.query('),
      expect.stringContaining('pool.execute('),
      expect.stringContaining('plain.query('),
      expect.stringContaining('pool.query('),
      expect.stringContaining('connection.query('),
      expect.stringContaining('plain.query('),
    ])
    expect(statements[2]?.[0]).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': 'ER_NO_SUCH_TABLE', 'db.system.name': 'mysql' },
    })
    expect(statements.flat().map(({ attributes }) => attributes['db.client.connection.pool.name'])).toEqual(Array(6).fill(env['POOL']))
    expect(JSON.stringify(sink.spans)).not.toMatch(/secret|another/)
  }
})

const EXHAUSTED = `import mysql from 'mysql2/promise'
const pool = mysql.createPool(JSON.parse(process.env.DB!))
async function main(): Promise<void> {
  await Promise.all(
    Array.from({ length: 320 }, (_, id) =>
      inRequest(async () => {
        await pool.query('SELECT 1 AS first_' + id + ', SLEEP(0.002)')
        const connection = await pool.getConnection()
        await connection.query('SELECT 2 AS second_' + id)
        connection.release()
      }, '/' + id),
    ),
  )
  await pool.end()
}
${DECLARED}`

test('320 requests over a pool of four have each exactly their own two statements, and waits are counted and shown', async (context) => {
  const { traces, sink } = await recorded(EXHAUSTED, { form: 'esm', env: await database(context) })
  const textsOf = ({ root, children }: (typeof traces)[number]) =>
    [String(root.attributes['url.path']), children.flatMap(({ attributes }) => attributes['db.query.text'] ?? [])] as const
  expect(Object.fromEntries(traces.map(textsOf))).toEqual(
    Object.fromEntries(
      Array.from({ length: 320 }, (_, id) => [`/${id}`, [`SELECT ? AS first_${id}, SLEEP(?)`, `SELECT ? AS second_${id}`]]),
    ),
  )
  const statements = sink.points.filter(({ metric }) => metric === 'db.client.operation.duration')
  expect(statements.reduce((sum, { count }) => sum + Number(count), 0)).toBe(640)
  expect(traces.flatMap(({ children }) => children).some(({ name }) => name.startsWith('wait '))).toBe(true)
  const waits = sink.points.filter(({ metric }) => metric === 'db.client.connection.wait_time')
  expect(waits.reduce((sum, point) => sum + Number(point.count), 0)).toBe(640)
})

const DYING = `import mysql from 'mysql2'
const config = JSON.parse(process.env.DB!)
const broken = () => Object.assign(new Error('broken'), { code: 'ECONNRESET' })
async function main(): Promise<void> {
  const other = mysql.createConnection(config)
  const unreachable = mysql.createPool({ ...config, port: 1 })
  await inRequest(() => new Promise((resolve) => unreachable.query('SELECT 1 AS a', () => other.query('SELECT 2 AS b', resolve))), '/failed')
  const connection: any = mysql.createConnection(config)
  await inRequest(async () => {
    await new Promise((resolve) => connection.query('SELECT 3 AS c', resolve))
    const lost = new Promise((resolve) => connection.once('error', resolve))
    connection.query('SELECT SLEEP(60) AS d')
    connection.query('SELECT 5 AS e')
    connection.stream.destroy(broken())
    await lost
    connection.on('error', () => {})
    connection.query('SELECT 6 AS f')
    connection.execute('SELECT 7 AS g')
  }, '/lost')
  const pool: any = mysql.createPool({ ...config, connectionLimit: 1 })
  const borrowed: any = await new Promise((resolve) => pool.getConnection((_: unknown, one: unknown) => resolve(one)))
  await inRequest(() => {
    const answered = new Promise((resolve) => pool.query('SELECT 8 AS h', resolve))
    borrowed.stream.once('close', () => borrowed.release())
    borrowed.stream.destroy(broken())
    return answered
  }, '/replaced')
  other.end()
  pool.end()
}
${DECLARED}`

test('connections that fail or die: each statement ends once, with its own place, and each wait is counted once', async (context) => {
  const { traces, sink } = await recorded(DYING, { form: 'esm', env: await database(context) })
  const statements = traces.flatMap(({ children }) => children.filter(({ attributes }) => attributes['db.query.text'] !== undefined))
  expect(statements.map(({ attributes }) => [attributes['db.query.text'], attributes['error.type']])).toEqual([
    ['SELECT ? AS b', undefined],
    ['SELECT ? AS c', undefined],
    ['SELECT SLEEP(?) AS d', 'ECONNRESET'],
    ['SELECT ? AS e', 'ECONNRESET'],
    ['SELECT ? AS f', 'PROTOCOL_CONNECTION_LOST'],
    ['SELECT ? AS g', 'Error'], // mysql2's own
    ['SELECT ? AS h', undefined],
  ])
  expect(statements[0] && codeOf(statements[0])).toContain('other.query(')
  expect(statements[0]).toMatchObject({ attributes: expect.not.objectContaining({ 'spyglass.pool.wait_ms': expect.anything() }) })
  const waits = sink.points.filter(({ metric }) => metric === 'db.client.connection.wait_time')
  expect(new Map(waits.map(({ attributes, count }) => [attributes['error.type'], Number(count)]))).toEqual(
    new Map<unknown, number>([
      [undefined, 2],
      ['ECONNREFUSED', 1],
    ]),
  )
  expect(waits).toHaveLength(2)
})
