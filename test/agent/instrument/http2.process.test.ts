import { expect, test } from 'vitest'
import { http2Client } from '../../../agent/src/instrument/http2-client.ts'
import { http2Server } from '../../../agent/src/instrument/http2-server.ts'
import { formsOf, recorded } from '../../support/instrumented.ts'

const DECLARED = `
const sql = (name: string) => (globalThis as any)[Symbol.for('spyglass.agent')].startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT x FROM ' + name }, sql).end()
declare const withServer: (server: unknown, use: (url: string) => unknown) => Promise<void>
declare const inRequest: (handler: () => unknown, path?: string) => Promise<string>
`

/** The client is a program of its own connection, outside of any request. */
const SERVERS = `import http2 from 'node:http2'
const streams = http2.createServer()
streams.on('stream', (stream, headers) => {
  sql('stream')
  stream.on('error', () => {})
  if (headers[':path'] === '/never') return arrived()
  if (headers[':path'] === '/broken') return void stream.destroy(new RangeError('broken'))
  stream.on('data', () => sql('data')).on('end', () => {
    sql('ends')
    setTimeout(() => { sql('timer'); stream.respond({ ':status': headers[':path'] === '/fail' ? 503 : 200 }); stream.end('ok') }, 2)
  })
})
const compatible = http2.createServer((request, response) => {
  request.on('data', () => {}).on('end', async () => {
    await null
    sql('compatible')
    response.writeHead(201).end('ok')
  })
})
let calls = 0
let arrived = () => {}
async function call(url: string, path: string, method = 'POST'): Promise<void> {
  const session = http2.connect(url)
  const stream = session.request({ ':path': path, ':method': method, traceparent: '00-' + String(++calls).repeat(32) + '-' + '2'.repeat(16) + '-01' })
  stream.on('error', () => {}).resume()
  const closed = new Promise((resolve) => stream.on('close', resolve))
  if (path === '/never') arrived = () => stream.close(http2.constants.NGHTTP2_CANCEL)
  else if (method === 'POST') setTimeout(() => stream.end('body'), 5)
  await closed
  await new Promise((resolve) => { session.on('close', resolve); session.close() })
}
async function main(): Promise<void> {
  await withServer(streams, async (url) => {
    for (const path of ['/orders/42?secret=1', '/fail', '/never', '/broken']) await call(url, path)
  })
  await withServer(compatible, async (url) => {
    await call(url, '/compatible')
    await call(url, '/compatible', 'GET')
  })
}
${DECLARED}`

test('requests of both server APIs are roots with what their listeners do, in each form', async () => {
  for (const form of formsOf(http2Server)) {
    const { traces, sink } = await recorded(SERVERS, { form, env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http2-client' } })
    const shown = traces.map(({ root, children }) => [
      root.name,
      root.attributes['http.response.status_code'],
      root.attributes['error.type'],
      children.map(({ attributes }) => String(attributes['db.query.text']).replace('SELECT x FROM ', '')).join(' '),
    ])
    expect([form, ...shown]).toEqual([
      form,
      ['POST /orders/{id}', 200, undefined, 'stream data ends timer'],
      ['POST /fail', 503, '503', 'stream data ends timer'],
      ['POST /never', undefined, 'aborted', 'stream'],
      ['POST /broken', undefined, 'RangeError', 'stream'],
      ['POST /compatible', 201, undefined, 'compatible'],
      ['GET /compatible', 201, undefined, 'compatible'],
    ])
    expect(traces[0]?.root).toMatchObject({
      traceId: '1'.repeat(32),
      parentSpanId: '2'.repeat(16),
      kind: 2,
      attributes: {
        'http.request.method': 'POST',
        'url.path': '/orders/42',
        'url.scheme': 'http',
        'url.template': '/orders/{id}',
        'server.address': '127.0.0.1',
        'client.address': '127.0.0.1',
      },
    })
    expect(traces[0]?.root.attributes).not.toHaveProperty('http.route')
    const counted = sink.points.filter(({ metric }) => metric === 'http.server.request.duration')
    expect(counted.reduce((sum, { count }) => sum + Number(count), 0)).toBe(6)
    expect(JSON.stringify(sink.spans)).not.toContain('secret')
  }
})

const CLIENT = `import http2 from 'node:http2'
const server = http2.createServer((request, response) => {
  if (request.url === '/never') return arrived()
  response.writeHead(request.url === '/missing' ? 404 : 200, { 'content-length': '2' })
  setTimeout(() => response.end('ok'), 20)
})
let arrived = () => {}
let session: http2.ClientHttp2Session
const call = (path: string, method = 'GET') => new Promise<void>((resolve) => {
  const headers = { ':path': path, ':method': method }
  const stream = session.request(headers)
  if ('traceparent' in headers) throw new Error('the headers of the application were changed')
  stream.on('error', () => {}).resume().on('close', resolve)
  if (path === '/never') arrived = () => stream.close(http2.constants.NGHTTP2_CANCEL)
})
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    session = http2.connect(url)
    await inRequest(async () => { await call('/orders?x=1'); sql('after') }, '/calls')
    await inRequest(() => call('/missing'), '/calls')
    await inRequest(() => call('/never'), '/calls')
    await new Promise((resolve) => { session.on('close', resolve); session.close() })
  })
}
${DECLARED}`

test('calls are children that last to the end of the body, and the request behind them is one with theirs, in each form', async () => {
  for (const form of formsOf(http2Client)) {
    const { traces, sink } = await recorded(CLIENT, { form })
    const calls = traces.filter(({ root }) => root.name === 'GET /calls').map(({ children }) => children)
    const shown = calls.map((children) =>
      children.map(({ name, kind, attributes }) => [name, kind, attributes['http.response.status_code']]),
    )
    expect([form, ...shown]).toEqual([
      form,
      [
        ['GET', 3, 200],
        ['GET /orders', 2, 200],
        ['SELECT p', 3, undefined],
      ],
      [
        ['GET', 3, 404],
        ['GET', 2, 404],
      ],
      [
        ['GET', 3, undefined],
        ['GET /never', 2, undefined],
      ],
    ])
    const [call, served] = calls[0] ?? []
    expect(served?.parentSpanId).toBe(call?.spanId)
    expect(call?.attributes).toMatchObject({
      'url.full': expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/orders$/),
      'http.response.body.size': 2,
    })
    expect(Number(call?.endTimeUnixNano) - Number(call?.startTimeUnixNano)).toBeGreaterThan(15e6)
    expect(calls[2]?.[0]?.attributes).toMatchObject({ 'spyglass.cancelled': true })
    const counted = sink.points.filter(({ metric }) => metric === 'http.client.request.duration')
    expect(counted.reduce((sum, { count }) => sum + Number(count), 0)).toBe(3)
  }
})

const AS_BEFORE = `import http2 from 'node:http2'
import { promisify } from 'node:util'
const server = http2.createServer((request, response) => response.end('ok'))
async function main(): Promise<void> {
  await withServer(server, async (url) => {
    const session: http2.ClientHttp2Session = await (promisify(http2.connect) as any)(url)
    await inRequest(async () => {
      const headers = Object.assign([':path', '/orders', 'x-key', 'k'], { [http2.sensitiveHeaders]: ['x-key'] })
      const stream = session.request(headers as any)
      stream.resume()
      await new Promise((resolve) => stream.on('close', resolve))
      process.stdout.write(JSON.stringify([http2.connect.name, http2.connect.length, (stream.sentHeaders as any)[http2.sensitiveHeaders]]))
    })
    await new Promise((resolve) => { session.on('close', resolve); session.close() })
  })
}
${DECLARED}`

test('connect can be promisified, and headers that may not be indexed stay so', async () => {
  const { stdout, traces } = await recorded(AS_BEFORE, { form: 'esm', env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http2-server' } })
  expect(JSON.parse(stdout)).toEqual(['connect', 3, ['x-key']])
  expect(traces.flatMap(({ children }) => children).map(({ attributes }) => attributes['url.full'])).toEqual([
    expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/orders$/),
  ])
})
