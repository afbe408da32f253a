import { expect, test } from 'vitest'
import { rootNamed, startRoutes } from '../../support/agent-process.ts'
import { until } from '../../support/until.ts'

test('slow and failed requests are kept with their reason, fast ones only counted', async () => {
  const { sink, url } = await startRoutes({ SPYGLASS_METRICS_INTERVAL_MS: '300' })
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
