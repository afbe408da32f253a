import { expect, test } from 'vitest'
import { openTelemetryApi as opentelemetryApi } from '../../../../agent/src/instrument/opentelemetry/api-registration.ts'
import { rootNamed, startApplication, startRoutes } from '../../../support/agent-process.ts'
import { formsOf, recorded } from '../../../support/instrumented.ts'

test('spans made with the OpenTelemetry API are children of the running request', async () => {
  const { sink, url } = await startRoutes()
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

test('an application’s own OpenTelemetry SDK takes over: its provider is the one that works', async () => {
  const application = startApplication('own-sdk.mjs', {
    env: { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  })
  await application.exited
  expect(application.stdout() || application.stderr()).toBe('["early","late"]\n')
})

const PROGRAM = `import { trace } from '@opentelemetry/api'
async function main(): Promise<void> {
  await inRequest(() => trace.getTracer('application').startActiveSpan('packed', async (outer) => {
    await null
    trace.getTracer('application').startSpan('wrapped').setAttribute('shop.cart', 3).end()
    outer.end()
  }))
}
declare const inRequest: (handler: () => unknown) => Promise<string>
`

test('a span of the application is a child of the request, and parent of what it makes inside, in each form', async () => {
  for (const form of formsOf(opentelemetryApi)) {
    const { traces } = await recorded(PROGRAM, { form })
    const [outer, inner] = traces[0]?.children ?? []
    expect([form, outer?.name, inner?.name, inner?.attributes['shop.cart']]).toEqual([form, 'packed', 'wrapped', 3])
    expect([outer?.parentSpanId, inner?.parentSpanId]).toEqual([traces[0]?.root.spanId, outer?.spanId])
  }
})
