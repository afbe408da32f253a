import { connect } from 'node:net'
import { expect, test, type TestContext } from 'vitest'
import { type AgentProcessOptions, messageOf, startApplication } from '../../support/agent-process.ts'
import { type OtlpSink, startOtlpSink } from '../../support/otlp-sink.ts'
import { until } from '../../support/until.ts'

interface Ports {
  readonly port: number
  readonly plainPort: number
}

async function started(context: TestContext, options: AgentProcessOptions = {}) {
  const sink = await startOtlpSink()
  context.onTestFinished(() => sink.stop())
  const application = startApplication('routes.mjs', {
    ...options,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, OTEL_SERVICE_NAME: 'routes', SPYGLASS_BASELINE_PER_MINUTE: '0', ...options.env },
  })
  const { port, plainPort } = await messageOf<Ports>(application)
  return { sink, application, url: `http://127.0.0.1:${port}`, port, plainUrl: `http://127.0.0.1:${plainPort}` }
}

const rootNamed = (sink: OtlpSink, name: string) => until(() => sink.spans.find((span) => span.kind === 2 && span.name === name))

test('slow and failed requests are kept with their reason, fast ones only counted', async (context) => {
  const { sink, url } = await started(context, { env: { SPYGLASS_METRICS_INTERVAL_MS: '300' } })
  for (let id = 0; id < 50; id++) await (await fetch(`${url}/fast/${id}?token=secret`)).text()
  await (await fetch(`${url}/slow/1`)).text()
  await (await fetch(`${url}/fail`)).text()
  const slow = await rootNamed(sink, 'GET /slow/:id')
  const failed = await rootNamed(sink, 'GET /fail')
  expect(slow.attributes).toMatchObject({ 'spyglass.keep.reason': 'slow', 'http.route': '/slow/:id', 'http.response.status_code': 200 })
  expect(failed.attributes).toMatchObject({ 'spyglass.keep.reason': 'error', 'error.type': 'TypeError' })
  expect(failed.events?.[0]?.name).toBe('exception')
  const fast = await until(() => {
    const points = sink.points.filter(
      (point) => point.metric === 'http.server.request.duration' && point.attributes['http.route'] === '/fast/:id',
    )
    return points.reduce((sum, point) => sum + Number(point.count), 0) === 50 && points
  })
  expect(fast[0]).toMatchObject({ scale: 4, attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200 } })
  expect(sink.spans.filter((span) => span.name.includes('/fast'))).toEqual([])
  expect(sink.resources[0]).toMatchObject({ 'service.name': 'routes', 'spyglass.aggregates': true, 'telemetry.sdk.language': 'nodejs' })
  expect(Buffer.concat(sink.bodies.map(({ body }) => body)).includes('secret')).toBe(false)
})

test('a client that hangs up leaves an aborted record', async (context) => {
  const { sink, port, application } = await started(context)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n')
  const active = async (wanted: number) => {
    application.child.send('agent')
    return (await messageOf<{ counters: { active: number } }>(application)).counters.active === wanted
  }
  await until(() => active(1))
  socket.destroy()
  const root = await rootNamed(sink, 'GET /never')
  expect(root.attributes).toMatchObject({ 'spyglass.keep.reason': 'aborted', 'error.type': 'aborted' })
  expect(root.attributes).not.toHaveProperty('http.response.status_code')
  await until(() => active(0))
})

test('a request that runs on is sent as it stands and superseded by the same span', async (context) => {
  const { sink, port } = await started(context, { env: { SPYGLASS_PARTIAL_AFTER_MS: '200' } })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n')
  const partial = await rootNamed(sink, 'GET /never')
  expect(partial.attributes).toMatchObject({ 'spyglass.partial': true, 'spyglass.keep.reason': 'running' })
  socket.destroy()
  const final = await until(() => sink.spans.find((span) => span.name === 'GET /never' && !span.attributes['spyglass.partial']))
  expect([final.traceId, final.spanId]).toEqual([partial.traceId, partial.spanId])
})

test('a plain server’s requests are named by their method, or by the path they are mounted under', async (context) => {
  const { sink, plainUrl } = await started(context)
  await Promise.all([fetch(`${plainUrl}/some/path`), fetch(`${plainUrl}/mounted/x`)])
  expect((await rootNamed(sink, 'GET')).attributes['url.path']).toBe('/some/path')
  expect((await rootNamed(sink, 'GET /mounted')).attributes['http.route']).toBe('/mounted')
})

test('a trace that comes in goes on: same trace, tracestate passed, not sampled stays not sampled', async (context) => {
  const { sink, url } = await started(context)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-00`, tracestate: 'rojo=1' }
  await (await fetch(`${url}/calls`, { headers })).text()
  const root = await rootNamed(sink, 'GET /calls')
  expect(root).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', traceState: 'rojo=1' })
  const echoed = (await (await fetch(`${url}/echoed`)).json()) as { traceparent: string; tracestate: string }[]
  const calls = sink.spans.filter((span) => span.traceId === traceId && span.kind === 3)
  expect(calls.map((span) => span.parentSpanId)).toEqual([root.spanId, root.spanId, root.spanId])
  expect(echoed).toEqual(calls.slice(0, 2).map((span) => ({ traceparent: `00-${traceId}-${span.spanId}-00`, tracestate: 'rojo=1' })))
  expect(calls[0]?.attributes).toMatchObject({ 'http.response.status_code': 200, 'server.address': '127.0.0.1' })
  expect(calls[2]?.attributes).toMatchObject({ 'error.type': 'ECONNREFUSED', 'server.port': 2 })
})

test('spans made with the OpenTelemetry API are children of the running request', async (context) => {
  const { sink, url } = await started(context)
  await (await fetch(`${url}/manual`)).text()
  const root = await rootNamed(sink, 'GET /manual')
  const named = (name: string) => sink.spans.find((span) => span.traceId === root.traceId && span.name === name)
  const [outer, inner, call] = [named('outer'), named('inner'), sink.spans.find((span) => span.traceId === root.traceId && span.kind === 3)]
  expect(root.attributes['shop.cart']).toBe(3)
  expect(outer).toMatchObject({ parentSpanId: root.spanId, scope: 'application' })
  expect(outer?.events?.[0]?.name).toBe('packed')
  expect(inner).toMatchObject({ parentSpanId: outer?.spanId, status: { code: 2, message: 'half done' } })
  expect(call?.parentSpanId).toBe(inner?.spanId)
})

test('lines of console and pino go out with the ids of their request, secrets redacted', async (context) => {
  const { sink, url, application } = await started(context, { env: { PINO: '1', SPYGLASS_SLOW_REQUEST_MS: '0.001' } })
  await (await fetch(`${url}/logs`)).text()
  const root = await rootNamed(sink, 'GET /logs')
  const line = await until(() => sink.logs.find((log) => log.body === 'from pino'))
  const warning = await until(() => sink.logs.find((log) => log.body === 'from console 7'))
  for (const log of [line, warning]) expect(log).toMatchObject({ traceId: root.traceId, spanId: root.spanId })
  expect(line).toMatchObject({ severityNumber: 9, attributes: { order: 9, password: '[redacted]' } })
  expect(warning.severityNumber).toBe(13)
  const written = application
    .stdout()
    .split('\n')
    .find((text) => text.includes('from pino'))
  expect(JSON.parse(written ?? '{}')).toMatchObject({ trace_id: root.traceId, span_id: root.spanId })
})

test('with logs off nothing is sent, and pino’s lines have the ids all the same', async (context) => {
  const { sink, url, application } = await started(context, { env: { PINO: '1', SPYGLASS_LOGS: 'off' } })
  await (await fetch(`${url}/logs`)).text()
  await until(() => application.stdout().includes('from pino'))
  expect(application.stdout()).toMatch(/"trace_id":"[\da-f]{32}","span_id":"[\da-f]{16}"\}/)
  application.child.send('stop')
  await application.exited
  expect(sink.logs).toEqual([])
  expect(sink.points.length).toBeGreaterThan(0)
})
