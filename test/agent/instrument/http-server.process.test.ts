import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { messageOf, rootNamed, startRoutes } from '../../support/agent-process.ts'
import { until } from '../../support/until.ts'

test('a client that hangs up leaves an aborted record', async () => {
  const { sink, port, application } = await startRoutes()
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

test('a long-running request is sent as a partial record and superseded by the same span', async () => {
  const { sink, port } = await startRoutes({ SPYGLASS_PARTIAL_AFTER_MS: '200' })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n')
  const partial = await rootNamed(sink, 'GET /never')
  expect(partial.attributes).toMatchObject({ 'spyglass.partial': true, 'spyglass.keep.reason': 'running' })
  socket.destroy()
  const final = await until(() => sink.spans.find((span) => span.name === 'GET /never' && !span.attributes['spyglass.partial']))
  expect([final.traceId, final.spanId]).toEqual([partial.traceId, partial.spanId])
})

test('a plain server’s requests are named by their path, or by the path they are mounted under', async () => {
  const { sink, plainUrl } = await startRoutes()
  await Promise.all([fetch(`${plainUrl}/some/path`), fetch(`${plainUrl}/mounted/x`)])
  expect((await rootNamed(sink, 'GET /some/path')).attributes['url.path']).toBe('/some/path')
  expect((await rootNamed(sink, 'GET /mounted')).attributes['http.route']).toBe('/mounted')
})
