/** An application of Express, mysql2 and Redis that is not changed: the agent is on its command line. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { messageOf, sinkForTest, startApplication } from '../../support/agent-process.ts'
import type { SinkSpan } from '../../support/otlp-sink.ts'
import { startMariaDb } from '../../support/mariadb.ts'
import { startRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'

const APPLICATION = 'express-shop.mjs'
const lines = readFileSync(new URL(`../applications/${APPLICATION}`, import.meta.url), 'utf8').split('\n')

const ASKED = [
  ['GET', '/products', undefined],
  ['GET', '/products/1', undefined],
  ['GET', '/products/1', undefined],
  ['GET', '/products/77', undefined],
  ['POST', '/orders', { product: 1 }],
  ['POST', '/orders', { product: 2 }],
  ['GET', '/report', undefined],
] as const

test('routes, statements with their lines, Redis commands and errors of an unchanged application', async (context) => {
  const [database, redis, sink] = [await startMariaDb(context), await startRedis(context), await sinkForTest()]
  context.onTestFinished(() => Promise.all([database.stop(), redis.stop()]).then(() => {}))
  const { host, port, user, password } = database
  const program = async () => {
    const application = startApplication(APPLICATION, {
      env: {
        DB: JSON.stringify({ host, port, user, password, database: database.database, connectionLimit: 3 }),
        REDIS_PORT: String(redis.port),
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
        SPYGLASS_SLOW_REQUEST_MS: '0.001',
        SPYGLASS_KEPT_PER_SECOND: '10000',
      },
    })
    const { port: listensAt } = await messageOf<{ port: number }>(application)
    const answers = []
    for (const [method, path, body] of ASKED) {
      const init = body ? { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : { method }
      const answer = await fetch(`http://127.0.0.1:${listensAt}${path}`, init)
      answers.push([answer.status, await answer.text()])
    }
    application.child.send('stop')
    const { code } = await application.exited
    return { answers, code, stdout: application.stdout(), stderr: application.stderr() }
  }
  const recorded = await program()
  expect(recorded).toMatchObject({ code: 0, stdout: 'closed\n', stderr: '' })
  expect(recorded.answers.map(([status]) => status)).toEqual([200, 200, 200, 404, 201, 500, 500])

  const roots = await until(() => {
    const found = sink.spans.filter(({ kind, attributes }) => kind === 2 && attributes['spyglass.partial'] !== true)
    return found.length === ASKED.length && found.toSorted(byStart)
  })
  const shown = roots.map((root) => [
    root.name,
    root.attributes['error.type'],
    ...sink.spans
      .filter(({ traceId, attributes }) => traceId === root.traceId && attributes['db.query.text'] !== undefined)
      .toSorted(byStart)
      .map(({ attributes }) => [attributes['db.system.name'], attributes['db.query.text'], lineAt(attributes)]),
  ])
  const cacheGet = ['redis', 'get ?', 'const cached = await cache.get(key)']
  const product = ['mysql', 'SELECT id, name, stock FROM product WHERE id = ?', expect.stringContaining('await pool.execute(')]
  const begin = ['mysql', 'START TRANSACTION', 'await connection.beginTransaction()']
  const update = ['mysql', 'UPDATE product SET stock = stock - ? WHERE id = ? AND stock > ?', expect.stringContaining('connection.query(')]
  expect(shown).toEqual([
    ['GET /products', undefined, ['mysql', 'SELECT id, name FROM product ORDER BY id', expect.stringContaining('await pool.query(')]],
    ['GET /products/:id', undefined, cacheGet, product, ['redis', 'set ? ? ? ?', expect.stringContaining('await cache.set(')]],
    ['GET /products/:id', undefined, cacheGet],
    ['GET /products/:id', undefined, cacheGet, product],
    ['POST /orders', undefined, begin, update, ['mysql', 'COMMIT', 'await connection.commit()']],
    ['POST /orders', 'RangeError', begin, update, ['mysql', 'ROLLBACK', 'await connection.rollback()']],
    ['GET /report', expect.any(String), ['mysql', 'SELECT * FROM report_that_nobody_made', expect.stringContaining('await pool.query(')]],
  ])
  expect(JSON.stringify(sink.spans)).not.toMatch(/teapot|product:1/)
})

const byStart = (a: SinkSpan, b: SinkSpan): number => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano))

function lineAt({ 'code.file.path': file, 'code.line.number': line }: Readonly<Record<string, unknown>>): string | undefined {
  return String(file).endsWith(APPLICATION) ? lines[Number(line) - 1]?.trim() : undefined
}
