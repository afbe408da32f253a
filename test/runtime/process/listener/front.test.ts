import http from 'node:http'
import { expect, test } from 'vitest'
import { AddressList } from '../../../../runtime/process/src/listener/address-list.ts'
import { openCompression } from '../../../../runtime/src/front/compression.ts'
import { openListener } from '../../../support/listener.ts'

const ask = (port: number, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init })

test('health and readiness are answered whatever is deployed, and the rest reaches the application', async () => {
  const reasons: string[] = []
  const { port } = await openListener((request, response) => response.end(`application ${request.url}`), {
    healthPath: '/health',
    readyPath: '/ready',
    unready: () => reasons,
  })
  expect(await (await ask(port, '/health')).json()).toEqual({ status: 'ok' })
  expect(await (await ask(port, '/ready?verbose')).json()).toEqual({ ready: true, reasons: [] })
  reasons.push('the pool is exhausted')
  const unready = await ask(port, '/ready')
  expect([unready.status, await unready.json()]).toEqual([503, { ready: false, reasons }])
  expect((await ask(port, '/health', { method: 'HEAD' })).status).toBe(200)
  for (const path of ['/healthy', '/health/x', '/', '/x?/health']) expect(await (await ask(port, path)).text()).toBe(`application ${path}`)
  expect(await (await ask(port, '/health', { method: 'POST' })).text()).toBe('application /health')
})

test('a path of its own, or none, leaves the usual ones to the application', async () => {
  const { port } = await openListener((request, response) => response.end(`application ${request.url}`), {
    healthPath: '/-/live',
    readyPath: '',
  })
  expect(await (await ask(port, '/health')).text()).toBe('application /health')
  expect(await (await ask(port, '/ready')).text()).toBe('application /ready')
  expect(await (await ask(port, '/-/live')).json()).toEqual({ status: 'ok' })
})

test('requests are redirected to https with method, path and query; what a trusted proxy got by https is served', async () => {
  const { port } = await openListener((_request, response) => response.end('served'), {
    redirectPort: 8443,
    healthPath: '/health',
    trustedProxies: new AddressList(['loopback']),
  })
  const answer = await ask(port, '/a/b?c=d', { method: 'POST' })
  expect([answer.status, answer.headers.get('location')]).toEqual([308, 'https://127.0.0.1:8443/a/b?c=d'])
  expect(await (await ask(port, '/a', { headers: { 'x-forwarded-proto': 'https' } })).text()).toBe('served')
  expect((await ask(port, '/health')).status).toBe(200)
})

test('compressed bytes have a tag of their own, parts of a file stay as they are, and a 304 names what its 200 depended on', async () => {
  const body = 'compressible '.repeat(500)
  const { port } = await openListener(
    (request, response) => {
      response.setHeader('content-type', 'text/plain')
      if (request.method === 'HEAD') response.setHeader('content-length', body.length) // as frameworks and static files do
      if (request.url === '/encoded') response.setHeader('content-encoding', 'zstd')
      const status = request.url === '/part' ? 206 : request.url === '/known' ? 304 : 200
      response.writeHead(status, { etag: '"v1"', ...(status === 206 ? { 'content-range': `bytes 0-${body.length - 1}/9999` } : {}) })
      response.end(status === 304 ? undefined : body)
    },
    { compress: await openCompression() },
  )
  const fieldsOf = (path: string, accepted: string, method: string) =>
    new Promise<http.IncomingHttpHeaders>((resolve) =>
      http
        .request({ port, host: '127.0.0.1', path, method, headers: { 'accept-encoding': accepted } }, (response) =>
          response.resume().on('end', () => resolve(response.headers)),
        )
        .end(),
    )
  /** HEAD says the same as GET. */
  const shown = async (path: string, accepted = 'gzip') => {
    const [first, second] = await Promise.all(
      ['GET', 'HEAD'].map(async (method) => {
        const { etag, vary, 'content-encoding': encoding } = await fieldsOf(path, accepted, method)
        return { etag, vary, encoding }
      }),
    )
    expect(second).toEqual(first)
    return first
  }
  expect(await shown('/')).toEqual({ etag: 'W/"v1"', vary: 'Accept-Encoding', encoding: 'gzip' })
  expect(await shown('/', 'identity')).toEqual({ etag: '"v1"', vary: 'Accept-Encoding', encoding: undefined })
  expect(await shown('/encoded')).toMatchObject({ etag: '"v1"', encoding: 'zstd' })
  expect(await shown('/part')).toMatchObject({ etag: '"v1"', encoding: undefined })
  expect(await shown('/known')).toMatchObject({ vary: 'Accept-Encoding' })
})

test('responses are compressed where the client accepts it, and events never', async () => {
  const body = 'compressible '.repeat(500)
  const { port } = await openListener(
    (request, response) => {
      response.setHeader(
        'content-type',
        request.url === '/events' ? 'text/event-stream' : request.url === '/image' ? 'image/png' : 'text/plain',
      )
      response.end(request.url === '/small' ? 'small' : body)
    },
    { compress: await openCompression() },
  )
  const encoding = async (path: string, accepted: string) =>
    (await ask(port, path, { headers: { 'accept-encoding': accepted } })).headers.get('content-encoding')
  expect(await encoding('/', 'gzip')).toBe('gzip')
  expect(await encoding('/', 'gzip, br')).toBe('br')
  expect(await (await ask(port, '/', { headers: { 'accept-encoding': 'gzip' } })).text()).toBe(body)
  for (const path of ['/events', '/image', '/small']) expect(await encoding(path, 'gzip')).toBeNull()
  expect(await encoding('/', 'identity')).toBeNull()
})
