import { expect, test } from 'vitest'
import { rootNamed, runProgram, startRoutes } from '../../support/agent-process.ts'

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

test('a request that has ended holds nothing of its trace, however it ended', async () => {
  const { stdout, stderr } = await runProgram(`
    import { subscribe } from 'node:diagnostics_channel'
    import { createServer } from 'node:http'
    const holds = (request) => Object.getOwnPropertySymbols(request).some((key) => key.description === 'spyglass.child' && request[key])
    const requests = []
    subscribe('undici:request:headers', ({ request }) => console.log('during', holds(request)))
    subscribe('undici:request:create', ({ request }) => requests.push(request))
    const server = createServer((request, response) => (request.url === '/cut' ? request.socket.destroy() : response.end('{}')))
    server.listen(0, '127.0.0.1', async () => {
      const url = 'http://127.0.0.1:' + server.address().port
      await (await fetch(url)).text()
      await fetch(url + '/cut').catch(() => {})
      console.log('after', ...requests.map(holds))
      server.close()
    })`)
  expect([stdout, stderr]).toEqual(['during true\nafter false false\n', ''])
})
