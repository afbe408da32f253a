import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { messageOf, startApplication } from '../../support/agent-process.ts'
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

const traceOf = (sink: OtlpSink, root: SinkSpan) => sink.spans.filter((span) => span.traceId === root.traceId && span !== root)
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
