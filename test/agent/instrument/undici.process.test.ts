import { expect, test } from 'vitest'
import { rootNamed, startRoutes } from '../../support/agent-process.ts'

test('an incoming trace is continued: same trace, tracestate passed with our entry, not sampled stays not sampled', async () => {
  const { sink, url } = await startRoutes()
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-00`, tracestate: 'rojo=1' }
  await (await fetch(`${url}/calls`, { headers })).text()
  const root = await rootNamed(sink, 'GET /calls')
  expect(root).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', traceState: 'rojo=1' })
  const echoed = (await (await fetch(`${url}/echoed`)).json()) as { traceparent: string; tracestate: string }[]
  const calls = sink.spans.filter((span) => span.traceId === traceId && span.kind === 3)
  expect(calls.map((span) => span.parentSpanId)).toEqual([root.spanId, root.spanId, root.spanId])
  expect(echoed).toEqual(
    calls.slice(0, 2).map((span) => ({ traceparent: `00-${traceId}-${span.spanId}-00`, tracestate: 'spyglass=k:h,rojo=1' })),
  )
  expect(calls[0]?.attributes).toMatchObject({ 'http.response.status_code': 200, 'server.address': '127.0.0.1' })
  expect(calls[2]?.attributes).toMatchObject({ 'error.type': 'ECONNREFUSED', 'server.port': 2 })
})
