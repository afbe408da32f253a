import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { PageOptions } from '../../../../runtime/src/cache/page/page-cache.ts'
import { PageCache } from '../../../../runtime/src/cache/page/page-cache.ts'
import { frameworks, serveWith } from '../../middleware/frameworks.ts'
import { openCache } from '../fixture.ts'

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => unknown
type Headers = Record<string, string>

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** A plain handler behind a page cache; `before` is a middleware that comes first. */
async function serve(handler: Handler, options: PageOptions<http.IncomingMessage> = {}, before: Handler = () => {}) {
  const opened = openCache({ ttlMs: 60_000 })
  const pages = new PageCache(opened.engine, options)
  let served = 0
  const server = http.createServer((request, response) => {
    before(request, response)
    pages.express(request, response, () => {
      served++
      handler(request, response)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  closing.push(() => {
    server.close()
    server.closeAllConnections()
    opened.engine.close()
  })
  const { port } = server.address() as AddressInfo
  /** `fetch` adds fields of its own. */
  const ask = (path = '/', headers: Headers = {}, method = 'GET') =>
    new Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }>((resolve, reject) => {
      const request = http.request({ port, path, method, headers, agent: false }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part: string) => (text += part))
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, text }))
      })
      request.on('error', reject)
      request.end()
    })
  return { ...opened, pages, ask, port, served: () => served }
}

test.each(Object.keys(frameworks))(
  'in %s the first answer is kept, and given to the others with its age and an ETag',
  async (framework) => {
    using opened = openCache()
    let served = 0
    await using server = await serveWith(framework, new PageCache(opened.engine, {}), () => ({ served: ++served }))
    const first = await fetch(server.url)
    expect(await first.json()).toEqual({ served: 1 })
    expect(first.headers.get('cache-status')).toBe('"shop"; fwd=miss')
    opened.clock.advance(2500)
    const again = await fetch(server.url)
    expect([await again.json(), again.headers.get('age'), again.headers.get('cache-status')]).toEqual([{ served: 1 }, '2', '"shop"; hit'])
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'))
    const etag = again.headers.get('etag')!
    expect(etag).toMatch(/"/)
    const known = await fetch(server.url, { headers: { 'if-none-match': etag } })
    expect([known.status, await known.text(), known.headers.get('etag'), served]).toEqual([304, '', etag, 1])
  },
)

test('of a thousand requests at once one goes to the application', async () => {
  let came = 0
  let release = (): void => {}
  const { ask, served, engine } = await serve(
    (_request, response) => {
      release = () => response.end('page')
    },
    {},
    () => came++,
  )
  const asked = Array.from({ length: 1000 }, () => ask())
  await expect.poll(() => came, { timeout: 60_000 }).toBe(1000)
  release()
  const answers = await Promise.all(asked)
  expect([served(), engine.figures.loads, new Set(answers.map(({ text }) => text)).size]).toEqual([1, 1, 1])
})

test('nobody gets what is for another: requests with credentials or cookies pass by, and answers for one are not kept', async () => {
  const secret: Record<string, Headers> = {
    '/private': { 'cache-control': 'private' },
    '/no-store': { 'cache-control': 'no-store' },
    '/cookie': { 'set-cookie': 'session=1' },
    '/vary': { vary: '*' },
    '/plain': {},
  }
  const { ask } = await serve((request, response) => {
    for (const [name, value] of Object.entries(secret[request.url!] ?? {})) response.setHeader(name, value)
    response.end(request.headers['x-who'])
  })
  for (const path of ['/private', '/no-store', '/cookie', '/vary']) {
    expect((await ask(path, { 'x-who': 'alice' })).text).toBe('alice')
    expect((await ask(path, { 'x-who': 'bob' })).text).toBe('bob')
  }
  for (const headers of [{ authorization: 'Basic a' }, { cookie: 'a=b' }]) {
    expect((await ask('/plain', { ...headers, 'x-who': 'alice' })).text).toBe('alice')
    expect((await ask('/plain', { ...headers, 'x-who': 'bob' })).text).toBe('bob')
  }
  expect((await ask('/plain', { 'x-who': 'all' })).text).toBe('all')
  expect((await ask('/plain', { authorization: 'Basic a', 'x-who': 'alice' })).text).toBe('alice')
})

test('a cookie that is added on the way out keeps the answer from being kept', async () => {
  const { ask } = await serve(
    (request, response) => response.end(request.headers['x-who']),
    {},
    (_request, response) => {
      const writeHead = response.writeHead.bind(response) as (status: number, fields: object) => http.ServerResponse
      response.writeHead = (status: number) => writeHead(status, { 'set-cookie': 'session=1' })
    },
  )
  expect([(await ask('/', { 'x-who': 'alice' })).text, (await ask('/', { 'x-who': 'bob' })).text]).toEqual(['alice', 'bob'])
})

test('an answer made from a forged address is given to nobody else', async () => {
  const { ask } = await serve((request, response) => {
    response.end(`<a href="https://${String(request.headers['x-forwarded-host'] ?? request.headers.host)}/">`)
  })
  expect((await ask('/', { 'x-forwarded-host': 'evil.example', host: 'shop.example' })).text).toContain('evil')
  expect((await ask('/', { host: 'shop.example' })).text).toContain('shop.example')
  expect((await ask('/', { host: 'evil.example' })).text).toContain('evil.example')
  expect((await ask('/', { host: 'shop.example' })).text).toContain('shop.example')
})

test('an answer is only for requests with the same fields that it varies by', async () => {
  const { ask, served } = await serve((request, response) => {
    response.setHeader('vary', 'Accept-Language')
    response.end(request.headers['accept-language'] ?? 'none')
  })
  const texts = async () => [
    (await ask('/', { 'accept-language': 'zh' })).text,
    (await ask('/', { 'accept-language': 'en' })).text,
    (await ask('/')).text,
  ]
  expect(await texts()).toEqual(['zh', 'en', 'none'])
  expect(await texts()).toEqual(['zh', 'en', 'none'])
  const before = served()
  expect(await texts()).toEqual(['zh', 'en', 'none'])
  expect(served()).toBe(before)
})

test('who waits for an answer that is for others only gets one of its own', async () => {
  const held: (() => void)[] = []
  const { ask } = await serve((request, response) => {
    response.setHeader('vary', 'accept-language')
    held.push(() => response.end(`${request.headers['accept-language']}`))
  })
  const asked = ['zh', 'en', 'zh'].map((language) => ask('/', { 'accept-language': language }))
  await expect.poll(() => held.length).toBe(1)
  const answers = Promise.all(asked)
  const release = setInterval(() => held.splice(0).forEach((end) => end()), 20)
  expect((await answers).map(({ text }) => text)).toEqual(['zh', 'en', 'zh'])
  clearInterval(release)
})

test('HEAD gets the head of the page that is kept, and never makes one', async () => {
  const { ask, served } = await serve((request, response) => response.end(request.method === 'HEAD' ? undefined : 'page'))
  expect((await ask('/', {}, 'HEAD')).headers).not.toHaveProperty('age')
  await ask()
  const head = await ask('/', {}, 'HEAD')
  expect([head.text, head.headers['content-length'], head.headers.age, served()]).toEqual(['', '4', '0', 2])
})

test('a client that has the page already when nothing is kept gets 304 from the answer, which is kept for the others', async () => {
  const { ask, served } = await serve((request, response) => {
    response.setHeader('etag', '"v1"')
    response.setHeader('content-type', 'text/plain')
    if (request.headers['if-none-match'] !== undefined) response.writeHead(304).end()
    else response.end('page')
  })
  const first = await ask('/', { 'if-none-match': '"v0", "v1"' })
  expect([first.status, first.text, first.headers.etag, first.headers['content-type']]).toEqual([304, '', '"v1"', undefined])
  expect([(await ask()).text, (await ask('/', { 'if-none-match': '"other"' })).text, served()]).toEqual(['page', 'page', 1])
})

test('a change of what it shows drops the page: by an unsafe method, by its path, or by a tag', async () => {
  const { ask, pages, cache, served } = await serve((_request, response) => response.end(), { tagsOf: () => ['products'] })
  const fresh = async (): Promise<void> => {
    const before = served()
    await ask('/a?x=1')
    await ask('/a?x=1')
    expect(served()).toBe(before + 1)
  }
  await fresh()
  await ask('/a', {}, 'POST')
  await fresh()
  expect(await pages.purge('/a')).toBe(1)
  await fresh()
  expect(await cache.purgeTag('products')).toBe(1)
  await fresh()
  expect(await cache.purgeTag('/a?x=1')).toBe(1)
  await fresh()
})

test('tags that cannot be are an error, and no page without tags', async () => {
  const tagsOf = () => ['']
  using opened = openCache()
  const pages = new PageCache(opened.engine, { tagsOf })
  await using server = await serveWith('fastify', pages, () => 'ok')
  const answer = await fetch(server.url)
  expect([answer.status, await answer.json()]).toMatchObject([500, { code: 'SPY_CACHE_KEY' }])
})

test('an unsafe request that fails drops nothing', async () => {
  const { ask, served } = await serve((request, response) => {
    response.statusCode = request.method === 'POST' ? 422 : 200
    response.end()
  })
  await ask()
  await ask('/', {}, 'POST')
  await ask()
  expect(served()).toBe(2)
})

test('what was being made while its page was purged is not kept', async () => {
  const held: http.ServerResponse[] = []
  const { ask, pages } = await serve((_request, response) => void held.push(response))
  const before = ask()
  await expect.poll(() => held.length).toBe(1)
  await pages.purge('/')
  const after = ask()
  await expect.poll(() => held.length).toBe(2)
  held[0]!.end('old')
  held[1]!.end('new')
  expect([(await before).text, (await after).text, (await ask()).text]).toEqual(['old', 'new', 'new'])
})

test('past its time a page is given out while one request replaces it, unless the answer forbids it', async () => {
  let text = 'old'
  const held: http.ServerResponse[] = []
  const { ask, clock } = await serve(
    (request, response) => {
      if (request.url === '/strict') response.setHeader('cache-control', 'max-age=60, must-revalidate')
      if (text === 'held' && request.url === '/') held.push(response)
      else response.end(text)
    },
    { staleMs: 5000 },
  )
  await ask()
  await ask('/strict')
  clock.advance(60_000)
  text = 'held'
  const replacing = ask()
  await expect.poll(() => held.length).toBe(1)
  expect((await ask()).text).toBe('old')
  held[0]!.end('new')
  expect([(await replacing).text, (await ask()).text, (await ask('/strict')).text]).toEqual(['new', 'new', 'held'])
})

test('an answer that never ends is not waited for beyond the time of a load', async () => {
  const held: http.ServerResponse[] = []
  let came = 0
  const { ask, clock } = await serve(
    (_request, response) => void held.push(response),
    {},
    () => came++,
  )
  const asked = [ask(), ask()]
  await expect.poll(() => came).toBe(2)
  clock.advance(10_000)
  await expect.poll(() => held.length).toBe(2)
  held.forEach((response) => response.end('late'))
  expect((await Promise.all(asked)).map(({ text }) => text)).toEqual(['late', 'late'])
})

test('a client that leaves lets those go on who wait for its answer', async () => {
  const held: http.ServerResponse[] = []
  let came = 0
  const { ask, clock, port } = await serve(
    (_request, response) => void held.push(response),
    {},
    () => came++,
  )
  const leaving = http.get({ port, agent: false }).on('error', () => {})
  await expect.poll(() => held.length).toBe(1)
  const second = ask()
  await expect.poll(() => came).toBe(2)
  const closed = new Promise((resolve) => held[0]!.once('close', resolve))
  leaving.destroy()
  await closed
  clock.advance(1000)
  await expect.poll(() => held.length).toBe(2)
  held[1]!.end('own')
  expect((await second).text).toBe('own')
})

test('the answer to a client that has left is not kept, since nobody saw what is added to its head; one of those who wait asks again', async () => {
  const held: http.ServerResponse[] = []
  let came = 0
  const { ask, port, served } = await serve(
    (_request, response) => void held.push(response),
    {},
    (_request, response) => {
      const writeHead = response.writeHead.bind(response) as (status: number, fields: object) => http.ServerResponse
      if (came++ === 0) response.writeHead = (status: number) => writeHead(status, { 'set-cookie': 'session=1' })
    },
  )
  const leaving = http.get({ port, agent: false }).on('error', () => {})
  await expect.poll(() => held.length).toBe(1)
  const waiting = [ask(), ask(), ask()]
  await expect.poll(() => came).toBe(4)
  const closed = new Promise((resolve) => held[0]!.once('close', resolve))
  leaving.destroy()
  await closed
  held[0]!.end('of the session')
  await expect.poll(() => held.length).toBe(2)
  held[1]!.end('for all')
  expect((await Promise.all(waiting)).map(({ text }) => text)).toEqual(['for all', 'for all', 'for all'])
  expect([(await ask()).text, served()]).toEqual(['for all', 2])
})

test('no page is kept of what is too large, of errors, and of requests that forbid it', async () => {
  const { ask, served } = await serve((request, response) => {
    response.statusCode = Number(new URL(request.url!, 'http://a').searchParams.get('status') ?? 200)
    response.end(request.url!.startsWith('/large') ? 'x'.repeat(1_100_000) : 'page')
  })
  for (const [path, headers] of [['/large'], ['/?status=404'], ['/?status=500'], ['/', { 'cache-control': 'no-store' }]] as [
    string,
    Headers?,
  ][]) {
    const before = served()
    await ask(path, headers)
    await ask(path, headers)
    expect(served(), path).toBe(before + 2)
  }
})

test('statuses that cannot be kept are a mistake, and two caches of pages share none', async () => {
  using opened = openCache()
  expect(() => new PageCache(opened.engine, { statuses: [206] })).toThrow(expect.objectContaining({ code: 'SPY_CACHE_SETTING' }))
  const [one, other] = [new PageCache(opened.engine, {}), new PageCache(opened.engine, {})]
  await using first = await serveWith('express', one, () => 'one')
  await using second = await serveWith('express', other, () => 'other')
  const host = { host: 'shop.example' }
  const asked = async (url: string) => (await fetch(url, { headers: host })).text()
  expect([await asked(first.url), await asked(second.url), await asked(first.url)]).toEqual(['one', 'other', 'one'])
})
