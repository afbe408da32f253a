import { expect, test } from 'vitest'
import { fastify } from '../../../agent/src/instrument/fastify.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'
import type { SinkSpan } from '../../support/otlp-sink.ts'
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
  // A machine that stalls makes one of them slow, and that is kept.
  const tookMs = ({ startTimeUnixNano, endTimeUnixNano }: SinkSpan) => Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6
  expect(sink.spans.filter((span) => span.name.includes('/fast') && tookMs(span) < 100)).toEqual([])
  expect(sink.resources[0]).toMatchObject({ 'service.name': 'routes', 'spyglass.aggregates': true, 'telemetry.sdk.language': 'nodejs' })
  expect(Buffer.concat(sink.bodies.map(({ body }) => body)).includes('secret')).toBe(false)
})

test('an error that is sent as a reply, and one that breaks a reply off, is the exception of its request', async () => {
  const { sink, url } = await startRoutes()
  for (const path of ['/recovered', '/handled', '/stream', '/refused', '/after']) await fetch(url + path).then((answer) => answer.text()).catch(() => {}) // prettier-ignore
  const handled = await rootNamed(sink, 'GET /handled')
  expect(handled.attributes).toMatchObject({
    'spyglass.keep.reason': 'error',
    'error.type': 'RangeError',
    'http.response.status_code': 500,
  })
  expect(JSON.stringify(handled.events)).toMatch(/RangeError: handled.*Caused by: Error: below/)
  const broken = await rootNamed(sink, 'GET /stream')
  expect(broken.attributes).toMatchObject({
    'spyglass.keep.reason': 'error',
    'error.type': 'SyntaxError',
    'http.response.status_code': 200,
  })
  // What begins after a request that was not sent has no parent, and a link.
  const late = await until(() => sink.spans.find(({ name }) => name === 'too late'))
  expect(late.parentSpanId ?? '').toBe('')
  expect(late.links).toHaveLength(1)
  const errors = sink.spans.filter(({ attributes }) => attributes['spyglass.keep.reason'] === 'error').map(({ name }) => name)
  expect(new Set(errors)).toEqual(new Set(['GET /handled', 'GET /stream', 'too late']))
})

const PROGRAM = `import fastify from 'fastify'
const app = fastify()
app.register(async (shop) => void shop.get('/orders/:id', async () => 'order'), { prefix: '/shop' })
app.get('/refused', async () => { throw Object.assign(new Error('refused'), { statusCode: 403 }) })
app.get('/handled', (_request, reply) => void reply.code(500).send(new TypeError('handled')))
app.get('/fail', async () => { throw new RangeError('broken') })
async function main(): Promise<void> {
  await app.ready()
  await withServer(app.server, async (url) => {
    for (const path of ['/shop/orders/42?x=1', '/nothing', '/refused', '/handled', '/fail']) await ask(url + path)
  })
}
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
declare const ask: (url: string) => Promise<string>
`

test('routes have their templates, failures their exceptions, in each form', async () => {
  for (const form of formsOf(fastify)) {
    const { traces } = await recorded(PROGRAM, { form })
    expect([form, ...traces.map(({ root }) => [root.name, root.attributes['error.type']])]).toEqual([
      form,
      ['GET /shop/orders/:id', undefined],
      ['GET', undefined],
      ['GET /refused', undefined],
      ['GET /handled', 'TypeError'],
      ['GET /fail', 'RangeError'],
    ])
  }
})
