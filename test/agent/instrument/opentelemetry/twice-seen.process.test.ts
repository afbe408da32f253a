import { expect, test } from 'vitest'
import { recorded } from '../../../support/instrumented.ts'

/** Spans as contrib instrumentations make them: beside the call that we see (mysql2, ioredis, undici), before it or as it begins. */
const PROGRAM = `import { SpanKind, trace } from '@opentelemetry/api'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import http from 'node:http'
const tracer = trace.getTracer('contrib')
const agent = (globalThis as any)[Symbol.for('spyglass.agent')]
const statement = (text: string) => agent.startStatement({ system: 'mysql', pool: 'p', text }, statement)
function query(text: string): void {
  const span = tracer.startSpan('SELECT', { kind: SpanKind.CLIENT, attributes: { 'db.system': 'mysql', 'db.statement': text } })
  const ours = statement(text)
  ours.end()
  span.end()
}
const headers: unknown[] = []
const upstream = http.createServer((request, response) => {
  headers.push([request.headers.traceparent, request.rawHeaders.filter((name) => name.toLowerCase() === 'traceparent').length])
  response.end('ok')
})
async function main(): Promise<void> {
  await inRequest(() => { query('SELECT 1'); query('SELECT 1'); statement('SELECT 1').end() }, '/statements')
  await inRequest(() => {
    tracer.startActiveSpan('outer', { kind: SpanKind.CLIENT, attributes: { 'db.system': 'mysql', 'db.statement': 'SELECT 2' } }, (span) => {
      statement('SELECT 2').end()
      span.end()
    })
    tracer.startSpan('alone', { kind: SpanKind.CLIENT, attributes: { 'db.system': 'mysql', 'db.statement': 'SELECT 3 FROM t' } }).end()
  }, '/others')
  new UndiciInstrumentation().enable()
  await withServer(upstream, (url) => inRequest(async () => {
    await (await fetch(url + '/upstream')).text()
    await Promise.all([1, 2].map(async () => (await fetch(url + '/upstream')).text()))
  }, '/calls'))
  process.stdout.write(JSON.stringify(headers))
}
declare const inRequest: (handler: () => unknown, path?: string) => Promise<string>
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
`

test('a call that an instrumentation of OpenTelemetry sees as well is recorded and counted once, with one header', async () => {
  const { traces, sink, stdout } = await recorded(PROGRAM, { form: 'esm' })
  const clients = (name: string) => traces.find(({ root }) => root.name === name)?.children.filter(({ kind }) => kind === 3) ?? []
  expect(clients('GET /statements').map(({ name }) => name)).toEqual(['SELECT p', 'SELECT p', 'SELECT p'])
  expect(clients('GET /others').map(({ name }) => name)).toEqual(['outer', 'SELECT p', 'alone'])
  const calls = clients('GET /calls')
  expect(calls.map(({ name, attributes }) => [name, attributes['http.response.status_code']])).toEqual(calls.map(() => ['GET', 200]))
  expect(calls).toHaveLength(3)
  const count = (metric: string) =>
    sink.points.filter((point) => point.metric === metric).reduce((sum, point) => sum + Number(point.count), 0)
  expect(count('db.client.operation.duration')).toBe(5)
  expect(count('http.client.request.duration')).toBe(3)
  const sent = JSON.parse(stdout) as [string, number][]
  expect(sent.map(([, times]) => times)).toEqual([1, 1, 1])
  expect(new Set(sent.map(([header]) => header.split('-')[2]))).toEqual(new Set(calls.map(({ spanId }) => spanId)))
})
