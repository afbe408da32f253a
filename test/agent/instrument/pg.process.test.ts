import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pgPool } from '../../../agent/src/instrument/pg.ts'
import { messageOf, startApplication } from '../../support/agent-process.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'
import { type OtlpSink, type SinkSpan, startOtlpSink } from '../../support/otlp-sink.ts'
import { startPostgres } from '../../support/postgres.ts'
import { until } from '../../support/until.ts'

const APPLICATION = 'two-statements.mjs'

async function started(context: Parameters<typeof startPostgres>[0], env: Record<string, string> = {}) {
  const postgres = await startPostgres(context)
  const sink = await startOtlpSink()
  context.onTestFinished(async () => {
    await sink.stop()
    await postgres.stop()
  })
  const application = startApplication(APPLICATION, {
    env: { PGPORT: String(postgres.port), OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, SPYGLASS_KEPT_PER_SECOND: '10000', ...env },
  })
  const { port } = await messageOf<{ port: number }>(application)
  return { sink, application, url: `http://127.0.0.1:${port}` }
}

const lines = readFileSync(new URL(`../applications/${APPLICATION}`, import.meta.url), 'utf8').split('\n')
const lineOf = (text: string) => lines.findIndex((line) => line.includes(text)) + 1

const traceOf = (sink: OtlpSink, root: SinkSpan) =>
  sink.spans.filter((span) => span.traceId === root.traceId && span !== root && span.attributes['db.query.text'] !== undefined)
const rootsNamed = (sink: OtlpSink, name: string) => sink.spans.filter((span) => span.name === name && !span.attributes['spyglass.partial'])

test('160 concurrent requests over a pool of four have each exactly their own two statements, with the handler’s lines', async (context) => {
  const { sink, url } = await started(context, { SPYGLASS_SLOW_REQUEST_MS: '0.001' })
  const answers = await Promise.all(
    Array.from({ length: 160 }, async (_, id) => (await fetch(`${url}/pair/${id}`)).json() as Promise<{ first: number; second: number }>),
  )
  expect(answers).toEqual(Array.from({ length: 160 }, (_, id) => ({ first: id, second: id })))
  await until(() => rootsNamed(sink, 'GET /pair/:id').length === 160)
  for (const root of rootsNamed(sink, 'GET /pair/:id')) {
    const statements = traceOf(sink, root).toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
    expect(statements.map((span) => span.attributes['db.query.text'])).toEqual([
      'SELECT ?::int AS id, pg_sleep(?)',
      'SELECT ?::int + ? AS again',
    ])
    expect(statements.map((span) => span.attributes['code.line.number'])).toEqual([lineOf('pg_sleep(0.002)'), lineOf('+ 0 AS again')])
    expect(statements.every((span) => String(span.attributes['code.file.path']).endsWith('two-statements.mjs'))).toBe(true)
    expect(statements.every((span) => span.parentSpanId === root.spanId)).toBe(true)
  }
})

test('a statement that is slow for the first time has its place, though the text ran fast before', async (context) => {
  const { sink, url } = await started(context)
  await (await fetch(`${url}/slow`)).text()
  const [root] = await until(() => rootsNamed(sink, 'GET /slow').length > 0 && rootsNamed(sink, 'GET /slow'))
  const slow = traceOf(sink, root as SinkSpan).at(-1)
  expect(root?.attributes['spyglass.keep.reason']).toBe('slow')
  expect(slow?.attributes).toMatchObject({
    'code.line.number': lineOf('pg_sleep($1::float)'),
    'db.system.name': 'postgresql',
    'db.query.text': 'SELECT pg_sleep(?::float)',
  })
})

test('statements in a transaction, with callbacks and failing ones are recorded, and literals never leave', async (context) => {
  const { sink, url } = await started(context, { SPYGLASS_SLOW_REQUEST_MS: '0.001' })
  for (const path of ['/callback/1', '/transaction', '/wrong']) await (await fetch(url + path)).text()
  await until(() => rootsNamed(sink, 'GET /wrong').length > 0 && rootsNamed(sink, 'GET /transaction').length > 0)
  const textsOf = (name: string) => traceOf(sink, rootsNamed(sink, name)[0] as SinkSpan).map((span) => span.attributes['db.query.text'])
  expect(textsOf('GET /callback/:id')).toEqual(['SELECT ? AS seven'])
  expect(textsOf('GET /transaction')).toEqual(['BEGIN', 'SELECT ? AS hidden, ? AS answer', 'COMMIT'])
  const failed = traceOf(sink, rootsNamed(sink, 'GET /wrong')[0] as SinkSpan)[0]
  expect(failed).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': '42P01' } })
  expect(rootsNamed(sink, 'GET /wrong')[0]?.attributes['spyglass.keep.reason']).toBe('error')
  expect(JSON.stringify(sink.spans)).not.toContain('a secret')
})

const EXHAUSTED = `import pg from 'pg'
const pool = new pg.Pool({ max: 4 })
async function main(): Promise<void> {
  await Promise.all(
    Array.from({ length: 320 }, (_, id) =>
      inRequest(async () => {
        await pool.query('SELECT 1 AS first_' + id + ', pg_sleep(0.002)')
        const client = await pool.connect()
        await client.query('SELECT 2 AS second_' + id)
        client.release()
      }, '/' + id),
    ),
  )
  await pool.end()
}
declare const inRequest: (handler: () => unknown, path: string) => Promise<string>
`

test('320 requests over a pool of four have each exactly their own two statements', async (context) => {
  const postgres = await startPostgres(context)
  context.onTestFinished(() => postgres.stop())
  const { host, port, user, database } = postgres
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database }
  const { traces, sink } = await recorded(EXHAUSTED, { form: 'esm', env })
  const textsOf = ({ root, children }: (typeof traces)[number]) =>
    [String(root.attributes['url.path']), children.flatMap(({ attributes }) => attributes['db.query.text'] ?? [])] as const
  expect(Object.fromEntries(traces.map(textsOf))).toEqual(
    Object.fromEntries(
      Array.from({ length: 320 }, (_, id) => [`/${id}`, [`SELECT ? AS first_${id}, pg_sleep(?)`, `SELECT ? AS second_${id}`]]),
    ),
  )
  const statements = sink.points.filter(({ metric }) => metric === 'db.client.operation.duration')
  expect(statements.reduce((sum, { count }) => sum + Number(count), 0)).toBe(640)
})

const POOL_OF_ONE = `import pg from 'pg'
const pool = new pg.Pool({ max: 1 })
async function main(): Promise<void> {
  for (const use of [() => pool.query('SELECT 1'), async () => (await pool.connect()).release()]) {
    const held = await pool.connect()
    const waiting = inRequest(use)
    while (pool.waitingCount === 0) await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setTimeout(resolve, 5))
    held.release()
    await waiting
  }
  await pool.end()
}
declare const inRequest: (handler: () => unknown) => Promise<string>
`

test('a wait for the pool of pg is a child where a request waited, and every one is counted', async (context) => {
  const postgres = await startPostgres(context)
  context.onTestFinished(() => postgres.stop())
  const { host, port, user, database } = postgres
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database }
  for (const form of formsOf(pgPool)) {
    const { traces, sink } = await recorded(POOL_OF_ONE, { form, env })
    const wait = `wait ${host}:${port}/${database}`
    expect([form, ...traces.map(({ children }) => children.map(({ name }) => name))]).toEqual([
      form,
      [wait, expect.stringContaining('SELECT')],
      [wait],
    ])
    const counts = sink.points.filter(({ metric }) => metric === 'db.client.connection.wait_time').map(({ count }) => Number(count))
    expect(counts).toEqual([4])
  }
})
