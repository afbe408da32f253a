import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { ECHO, openPlace } from './fixture.ts'

const FASTIFY = `import fastify from '${import.meta.resolve('fastify')}'
export default async ({ name }) => {
  const app = fastify()
  app.get('/items/:id', async (request) => ({ id: request.params.id, name }))
  app.get('/never', () => new Promise(() => {}))
  app.get('/fails', () => { throw new Error('no') })
  return app
}`

test('every ended request is a line of the access log with its full path, route, status and size', async () => {
  await using place = openPlace()
  const { url, host } = await place.deploy([{ name: 'shop', contextPath: '/shop', files: FASTIFY }])
  expect(await (await fetch(`${url}/shop/items/7?token=canary&x=1`, { headers: { 'user-agent': 'test "1"' } })).json()).toEqual({
    id: '7',
    name: 'shop',
  })
  await fetch(`${url}/shop/nowhere`, { method: 'POST' })
  await fetch(`${url}/shop/fails`)
  await host.stop(1000)
  const lines = place.accessLines('shop')
  expect(lines[0]).toMatchObject({
    'client.address': '127.0.0.1',
    'http.request.method': 'GET',
    'url.path': '/shop/items/7',
    'url.query': 'token=[redacted]&x=1',
    'http.route': '/shop/items/:id',
    'http.response.status_code': 200,
    'http.response.body.size': 24,
    'user_agent.original': 'test "1"',
    instance: 'http-1',
    application: 'shop',
  })
  expect(lines[0]?.['duration_ms']).toBeTypeOf('number')
  expect(lines.map((line) => line['http.response.status_code'])).toEqual([200, 404, 500])
  expect(lines[1]).not.toHaveProperty('http.route')
})

test('a request whose client goes before the answer is logged as aborted, without a status', async () => {
  await using place = openPlace()
  const { url, host } = await place.deploy([{ name: 'shop', contextPath: '/', files: FASTIFY }])
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('GET /never HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => place.read('shop', 'activeRequests')).toBe(1)
  socket.destroy()
  await expect.poll(() => place.read('shop', 'activeRequests')).toBe(0)
  await host.stop(1000)
  const [line] = place.accessLines('shop')
  expect(line).toMatchObject({ 'http.route': '/never', aborted: true })
  expect(line).not.toHaveProperty('http.response.status_code')
})

test('requests and errors are counted; an answer of 404 is no error', async () => {
  await using place = openPlace()
  const { url } = await place.deploy([{ name: 'shop', contextPath: '/shop', files: FASTIFY }])
  for (const path of ['/shop/items/1', '/shop/nowhere', '/shop/fails']) await (await fetch(url + path)).text()
  await expect.poll(() => place.read('shop', 'requests')).toBe(3)
  expect(place.read('shop', 'errors')).toBe(1)
  expect(place.read('shop', 'state')).toBe('started')
  expect(place.read('shop', 'version')).toBe('1.2.3')
  expect(place.read('shop', 'contextPath')).toBe('/shop')
  expect(place.read('shop', 'loadTime')).toBeGreaterThan(0)
})

test('the bare context path leads to its first page, with the query; other methods are served as they are', async () => {
  await using place = openPlace()
  const { url } = await place.deploy([{ name: 'shop', contextPath: '/shop', files: ECHO }])
  const response = await fetch(`${url}/shop?a=1`, { redirect: 'manual' })
  expect(response.status).toBe(302)
  expect(response.headers.get('location')).toBe('/shop/?a=1')
  expect(await (await fetch(`${url}/shop?a=1`, { method: 'POST' })).json()).toMatchObject({ url: '/?a=1' })
})

test('a handler that throws or rejects is answered with 500 and logged', async () => {
  await using place = openPlace()
  const { url } = await place.deploy([
    { name: 'throws', contextPath: '/throws', files: 'export default () => () => { throw new Error("now") }' },
    { name: 'rejects', contextPath: '/rejects', files: 'export default () => async () => { throw new Error("later") }' },
  ])
  for (const name of ['throws', 'rejects']) {
    const response = await fetch(`${url}/${name}/`)
    expect(response.status).toBe(500)
    expect(await response.text()).not.toMatch(/now|later/)
    await expect.poll(() => place.read(name, 'errors')).toBe(1)
  }
  expect(place.log.filter(({ msg }) => msg === 'request handler failed')).toHaveLength(2)
})

test('an application that does not start in time fails, is asked to stop, and is closed when it starts after all', async () => {
  await using place = openPlace()
  const files = `export default ({ signal }) => new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ handler() {}, close() { globalThis.lateSpyglassClose?.() } }))
  })`
  const closed = new Promise<void>((resolve) => Object.assign(globalThis, { lateSpyglassClose: resolve }))
  const deploying = place.deploy([{ name: 'late', contextPath: '/', files, startTimeoutMs: 1500 }])
  await expect(deploying).rejects.toMatchObject({ code: 'SPY_APPLICATION_FAILED', cause: { code: 'SPY_APPLICATION_START_TIMEOUT' } })
  await closed
  Reflect.deleteProperty(globalThis, 'lateSpyglassClose')
})

test('a factory is not called any more when its module took longer than the time to start', async () => {
  await using place = openPlace()
  const test = { called: false, load: () => undefined as void, loaded: Promise.resolve() }
  const loading = new Promise<void>((resolve) => (test.load = resolve))
  Object.assign(globalThis, { lateSpyglassModule: { test, loading } })
  const files = `const { test, loading } = globalThis.lateSpyglassModule
    await loading
    export default () => { test.called = true; return () => undefined }`
  const deploying = place.deploy([{ name: 'late', contextPath: '/', files, startTimeoutMs: 50 }])
  await expect(deploying).rejects.toMatchObject({ cause: { code: 'SPY_APPLICATION_START_TIMEOUT' } })
  test.load()
  const { default: factory } = (await import(pathToFileURL(join(place.root, 'late/main.mjs')).href)) as { default: () => unknown }
  await new Promise((resolve) => setImmediate(resolve))
  expect(test.called).toBe(false)
  factory()
  expect(test.called).toBe(true)
  Reflect.deleteProperty(globalThis, 'lateSpyglassModule')
})

test('a stop waits for running requests, closes the application and takes it out of the registry', async () => {
  await using place = openPlace()
  const files = `export default ({ signal }) => {
    let open
    return { handler: (req, res) => { open = res; res.write('a') }, close() {}, finish: globalThis.finishSpyglassTest = () => open.end('b') }
  }`
  const { url, host } = await place.deploy([{ name: 'slow', contextPath: '/', files }])
  const response = await fetch(url)
  const stopped = host.stop(5000)
  expect(place.read('slow', 'state')).toBe('stopping')
  ;(globalThis as unknown as { finishSpyglassTest(): void }).finishSpyglassTest()
  Reflect.deleteProperty(globalThis, 'finishSpyglassTest')
  expect(await response.text()).toBe('ab')
  await stopped
  await host.stop(5000)
  expect(place.read('slow', 'state')).toBeUndefined()
})

test('a stop is over after its deadline though a request never ends', async () => {
  await using place = openPlace()
  const { url, host } = await place.deploy([{ name: 'shop', contextPath: '/', files: FASTIFY }])
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write('GET /never HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => place.read('shop', 'activeRequests')).toBe(1)
  await host.stop(200) // the request never ends, so only the deadline can end this
  socket.destroy()
})
