import http from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { ECHO, openPlace } from './fixture.ts'

interface Named {
  readonly name: string
  readonly contextPath: string
}

const statusOf = (url: string, options: http.RequestOptions): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const request = http.request(url, options, (response) => {
      resolve(response.statusCode)
      response.resume()
    })
    request.on('error', reject).end()
  })

const json = async (url: string): Promise<unknown> => (await fetch(url)).json()

test('each application sees its part of the address, under the longest context path that fits', async () => {
  await using place = openPlace()
  const { url } = await place.deploy([
    { name: 'root', contextPath: '/', files: ECHO },
    { name: 'shop', contextPath: '/shop', files: ECHO },
    { name: 'admin', contextPath: '/shop/admin', files: ECHO },
  ])
  expect(await json(`${url}/a?b=1`)).toEqual({ url: '/a?b=1', originalUrl: '/a?b=1' })
  expect(await json(`${url}/shop/a?b=1`)).toEqual({ url: '/a?b=1', originalUrl: '/shop/a?b=1', prefix: '/shop' })
  expect(await json(`${url}/shop/admin/x`)).toEqual({ url: '/x', originalUrl: '/shop/admin/x', prefix: '/shop/admin' })
  expect(place.read('shop', 'requests')).toBe(1)
  expect(place.read('root', 'requests')).toBe(1)
})

test('a path under which nothing is deployed is answered with 404 as JSON', async () => {
  await using place = openPlace()
  const { url } = await place.deploy([{ name: 'shop', contextPath: '/shop', files: ECHO }])
  const response = await fetch(`${url}/shopping`)
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ code: 'SPY_NO_APPLICATION', detail: 'no application is deployed at this path' })
})

const FAILING = 'export default async () => { throw new RangeError("no database") }'

test('an application that fails to start fails alone: it answers 503, those beside it serve', async () => {
  await using place = openPlace()
  const { url, host } = await place.deploy([
    { name: 'good', contextPath: '/good', files: ECHO },
    { name: 'bad', contextPath: '/bad', files: FAILING },
  ])
  expect(await json(`${url}/good/a`)).toMatchObject({ url: '/a' })
  const refused = await fetch(`${url}/bad/a`)
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('2')
  expect(await refused.json()).toMatchObject({
    code: 'SPY_APPLICATION_DOWN',
    detail: 'the application at this path failed to start; try again later',
  })
  const upgrade = { method: 'GET', path: '/bad/ws', headers: { connection: 'upgrade', upgrade: 'websocket' } }
  expect(await statusOf(url, upgrade)).toBe(503)
  expect([place.read('good', 'state'), place.read('bad', 'state')]).toEqual(['started', 'failed'])
  expect([place.read('good', 'problem'), place.read('bad', 'problem')]).toEqual([undefined, 'no database'])
  expect(place.events.map(({ name }) => name).toSorted()).toEqual(['spyglass.application.failed', 'spyglass.application.started'])
  expect(place.events.find(({ name }) => name.endsWith('failed'))?.resource).toBe('spyglass:type=Application,instance=http-1,name=bad')
  await host.stop(1000)
  expect(place.accessLines('bad')[0]).toMatchObject({ 'http.response.status_code': 503, 'error.type': 'application_failed' })
})

test('a disabled application is answered for with 503 under its path, not with 404, and its access log has the request', async () => {
  await using place = openPlace()
  const { url, host } = await place.deploy([{ name: 'shop', contextPath: '/shop', files: ECHO }], {
    disabled: [{ name: 'old', contextPath: '/old' }],
  })
  const refused = await fetch(`${url}/old/a`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
  expect(await refused.json()).toMatchObject({ code: 'SPY_APPLICATION_DISABLED' })
  expect((await fetch(`${url}/older`)).status).toBe(404)
  expect(await json(`${url}/shop/a`)).toMatchObject({ url: '/a' })
  await host.stop(1000)
  expect(place.accessLines('old')).toMatchObject([{ 'url.path': '/old/a', 'error.type': 'application_disabled' }])
})

test('a listener whose only application is disabled answers 503', async () => {
  await using place = openPlace()
  const { url } = await place.deploy([], { disabled: [{ name: 'shop', contextPath: '/' }] })
  expect((await fetch(`${url}/anything`)).status).toBe(503)
})

test('that some applications failed is told before the first connection is accepted, and no permission means no service', async () => {
  await using place = openPlace()
  const both = [
    { name: 'good', contextPath: '/good', files: ECHO },
    { name: 'bad', contextPath: '/bad', files: FAILING },
  ]
  const told: unknown[] = []
  const onFailures = async (failed: readonly unknown[]): Promise<void> => {
    told.push(...failed, place.port)
    throw new TypeError('it may not')
  }
  await expect(place.deploy(both, { onFailures })).rejects.toThrow('it may not')
  expect(told).toEqual([{ application: 'bad', message: expect.stringContaining('no database') as string }, undefined])
  expect(place.port).toBeUndefined()
})

test('a factory that returns an http.Server serves, and so does the application beside it', async () => {
  await using place = openPlace()
  const { url } = await place.deploy([
    { name: 'shop', contextPath: '/shop', files: ECHO },
    {
      name: 'plain',
      contextPath: '/plain',
      files: `import http from 'node:http'\nexport default () => http.createServer((req, res) => res.end('plain ' + req.url))`,
    },
  ])
  expect(await json(`${url}/shop/a`)).toMatchObject({ url: '/a' })
  expect(await (await fetch(`${url}/plain/b`)).text()).toBe('plain /b')
})

test('if no application starts, that is an error with its cause', async () => {
  await using place = openPlace()
  await expect(place.deploy([{ name: 'bad', contextPath: '/bad', files: FAILING }])).rejects.toMatchObject({
    code: 'SPY_APPLICATION_FAILED',
    message: expect.stringContaining('no database') as string,
    cause: expect.any(RangeError) as RangeError,
  })
})

test('two applications under one path are refused before either starts', async () => {
  await using place = openPlace()
  const both = [
    { name: 'a', contextPath: '/x', files: ECHO },
    { name: 'b', contextPath: '/x/', files: ECHO },
  ]
  await expect(place.deploy(both)).rejects.toMatchObject({ code: 'SPY_CONTEXT_PATH_TAKEN' })
  expect(place.events).toEqual([])
})

test('files are served under their context path, logged and counted like any application', async () => {
  await using place = openPlace()
  const { url, host } = await place.deploy([
    { name: 'site', contextPath: '/site', files: { 'index.html': '<h1>hello</h1>', 'a/b.txt': 'text' } },
  ])
  const page = await fetch(`${url}/site/`)
  expect([page.status, await page.text(), page.headers.get('content-type')]).toEqual([200, '<h1>hello</h1>', 'text/html; charset=utf-8'])
  const part = await fetch(`${url}/site/a/b.txt`, { headers: { range: 'bytes=1-2' } })
  expect([part.status, await part.text()]).toEqual([206, 'ex'])
  expect((await fetch(`${url}/site/%2e%2e/%2e%2e/etc/passwd`)).status).toBe(404)
  await expect.poll(() => place.read('site', 'requests')).toBeGreaterThanOrEqual(2)
  await host.stop(500)
  expect(place.accessLines('site')[0]).toMatchObject({ 'url.path': '/site/', 'http.response.status_code': 200 })
})

test('an application that moves is served where it is now, on connections that are open as well; others have their addresses all along', async () => {
  await using place = openPlace()
  const { url, host } = await place.deploy([
    { name: 'shop', contextPath: '/shop', files: ECHO },
    { name: 'blog', contextPath: '/blog', files: ECHO },
  ])
  const statusOn = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).status
  const blog = { name: 'blog', contextPath: '/blog' }
  expect(await Promise.all(['/shop/a', '/store/a', '/blog/a', '/news/a'].map(statusOn))).toEqual([200, 404, 200, 404])
  host.readdress({ applications: [{ name: 'shop', contextPath: '/store' }, blog, { name: 'news', contextPath: '/news' }] })
  expect(await Promise.all(['/shop/a', '/store/a', '/blog/a', '/news/a'].map(statusOn))).toEqual([404, 200, 200, 503])
  expect(await json(`${url}/store/a`)).toMatchObject({ url: '/a', originalUrl: '/store/a', prefix: '/store' })
  expect(place.read('shop', 'contextPath')).toBe('/store')
  host.readdress({
    applications: [blog, { name: 'shop', contextPath: '/', host: 'shop.test' }],
    hosts: [{ name: 'shop.test', aliases: [] }],
  })
  expect(await Promise.all(['/shop/a', '/store/a', '/blog/a', '/news/a'].map(statusOn))).toEqual([404, 404, 200, 404])
  expect(await statusOf(`${url}/a`, { headers: { host: 'shop.test' } })).toBe(200)
})

test('an application that is disabled is refused at once, on connections that are open as well, while its process has it; requests that run end', async () => {
  await using place = openPlace()
  const SLOW = `let release
    export default () => (req, res) => {
      if (req.url === '/slow') release = () => res.end('slow')
      else if (req.url === '/release') { release(); res.end('released') }
      else res.end('here')
    }`
  const { url, host } = await place.deploy([
    { name: 'shop', contextPath: '/shop', files: SLOW },
    { name: 'blog', contextPath: '/', files: ECHO },
  ])
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const [shop, blog] = ['shop', 'blog'].map((name) => ({ name, contextPath: name === 'shop' ? '/shop' : '/' })) as [Named, Named]
  expect(await statusOf(`${url}/shop/`, { agent })).toBe(200)
  const slow = fetch(`${url}/shop/slow`)
  await expect.poll(() => place.read('shop', 'activeRequests')).toBe(1)
  host.readdress({ applications: [blog], disabled: [shop] })
  expect(await statusOf(`${url}/shop/`, { agent })).toBe(503)
  const refused = await fetch(`${url}/shop/release`)
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'SPY_APPLICATION_DISABLED' }])
  expect(await statusOf(`${url}/shop/`, { headers: { connection: 'upgrade', upgrade: 'websocket' } })).toBe(503)
  expect(await json(`${url}/a`)).toMatchObject({ url: '/a' })
  host.readdress({ applications: [shop, blog] })
  expect(await (await fetch(`${url}/shop/release`)).text()).toBe('released')
  expect(await (await slow).text()).toBe('slow')
})
