/** From the cookie of a request to its session: what is accepted, what is rejected and counted, and what a store that is down does. */
import { createRequire } from 'node:module'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import type { Session } from '../../../runtime/src/session/session.ts'
import { newSessionId, signedValue } from '../../../runtime/src/session/session-id.ts'
import { sessionSecrets } from '../../../runtime/src/session/index.ts'
import { Browser, type Handler, openShop, openVisitors, plain, SECRETS, serve, type TestStore } from './fixture.ts'

const counting: Handler = (session) => {
  session.data['visits'] = Number(session.data['visits'] ?? 0) + 1
  return `visit ${String(session.data['visits'])}`
}
const reading: Handler = (session) => JSON.stringify(session.data)

test('the second visit knows the first, and no new cookie is set', async () => {
  await using shop = await openShop(counting)
  const browser = new Browser()
  expect(await browser.get(shop.url)).toBe('200 visit 1')
  expect(browser.setCookie).toMatch(/^visitors=[\w-]{32}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  expect(await browser.get(shop.url)).toBe('200 visit 2')
  expect([browser.setCookie, shop.read('created'), shop.read('cacheHits')]).toEqual([undefined, 1, 1])
})

test.each([
  ['forged', 'rejectedForged', `${newSessionId()}.${'A'.repeat(43)}`],
  ['oversized', 'rejectedOversized', 'x'.repeat(5000)],
  ['of a session that nobody has any more', 'rejectedUnknown', signedValue(newSessionId(), sessionSecrets(SECRETS, 'visitors').key)],
])('a cookie that is %s is counted and removed, and its id is not adopted', async (_what, count, value) => {
  await using shop = await openShop(reading)
  const browser = new Browser()
  browser.cookie = `visitors=${value}`
  expect(await browser.get(shop.url)).toBe('200 {}')
  expect([shop.read(count), browser.setCookie]).toEqual([1, expect.stringContaining('visitors=; Path=/; Max-Age=0')])
})

test('an id that somebody has chosen is replaced by another one', async () => {
  await using shop = await openShop(counting)
  const browser = new Browser()
  const planted = signedValue(newSessionId(), sessionSecrets(SECRETS, 'visitors').key)
  browser.cookie = `visitors=${planted}`
  await browser.get(shop.url)
  expect(browser.cookie).not.toBe(`visitors=${planted}`)
  expect(await browser.get(shop.url)).toBe('200 visit 2')
})

test('keys change without anybody being signed out: the old one is accepted, the new one signs', async () => {
  await using shop = await openShop(counting)
  const [browser, late] = [new Browser(), new Browser()]
  await browser.get(shop.url)
  late.cookie = browser.cookie
  const { key } = sessionSecrets(SECRETS, 'visitors')
  shop.configure({ signingKey: 'n'.repeat(32), previousSigningKey: key })
  expect(await browser.get(shop.url)).toBe('200 visit 2')
  expect(browser.setCookie).toBeDefined()
  shop.configure({ signingKey: 'm'.repeat(32), previousSigningKey: 'n'.repeat(32) })
  expect(await browser.get(shop.url)).toBe('200 visit 3')
  expect([await late.get(shop.url), shop.read('rejectedForged')]).toEqual(['200 visit 1', 1])
})

test('the first key of the operator signs nobody out', async () => {
  await using shop = await openShop(counting)
  const browser = new Browser()
  await browser.get(shop.url)
  shop.configure({ signingKey: 'n'.repeat(32) })
  expect(await browser.get(shop.url)).toBe('200 visit 2')
})

test('a session without a request for idleMs has expired', async () => {
  await using shop = await openShop(counting, { cacheMs: 0 })
  const browser = new Browser()
  await browser.get(shop.url)
  shop.configure({ idleMs: 0, cacheMs: 0 })
  expect(await browser.get(shop.url)).toBe('200 visit 2') // it is stored with the shorter time, which is over at once
  expect(await browser.get(shop.url)).toBe('200 visit 1')
  expect(shop.store.spaces.get('visitors')!.expired).toBeGreaterThan(0)
})

test('a request that changes nothing extends the session', async () => {
  let act = counting
  await using shop = await openShop((...all) => act(...all))
  const browser = new Browser()
  await browser.get(shop.url)
  act = reading
  shop.configure({ idleMs: 3_600_000 })
  await browser.get(shop.url)
  const id = browser.cookie!.slice('visitors='.length, 'visitors='.length + 32)
  await expect.poll(() => untilOf(shop.store, id)).toBeGreaterThan(Date.now() + 3_000_000)
})

const untilOf = (store: TestStore, id: string): number => {
  const found = store.spaces.get('visitors')!.read(id)
  return 'stored' in found ? found.stored.until : 0
}

test('a session that is older than a lifetimeMs which was made shorter is ended', async () => {
  await using shop = await openShop(counting, { cacheMs: 0 })
  const browser = new Browser()
  await browser.get(shop.url)
  shop.configure({ lifetimeMs: -1, cacheMs: 0 })
  expect(await browser.get(shop.url)).toBe('200 visit 1')
  expect(shop.read('rejectedUnknown')).toBe(1)
})

test('a full store refuses new sessions and keeps the old ones', async () => {
  await using shop = await openShop(counting, { maxSessions: 1 })
  const [first, second] = [new Browser(), new Browser()]
  await first.get(shop.url)
  expect(await second.get(shop.url)).toMatch(/^503 .*SPY_SESSION_FULL/)
  expect(await first.get(shop.url)).toBe('200 visit 2')
  expect(shop.read('refused')).toBe(1)
})

test.each([
  ['closed', '503 SPY_SESSION_STORE_SILENT'],
  ['open', '200 visit 1'],
] as const)('a store that does not answer, with whenDown: %s', async (whenDown, answer) => {
  await using shop = await openShop(counting, { whenDown, timeoutMs: 50, cacheMs: 0 })
  const browser = new Browser()
  await browser.get(shop.url)
  await shop.store.end()
  expect(await browser.get(shop.url)).toBe(answer)
  expect([shop.read('state'), shop.read('failures'), shop.read('lastError')]).toEqual(['down', 1, expect.stringContaining('50 ms')])
  expect(browser.setCookie).toBeUndefined()
})

test.each([
  ['closed', /^503 .*SPY_SESSION_STORE_SILENT/],
  ['open', /^200 visit 1$/],
] as const)('a new session that the store does not take, with whenDown: %s', async (whenDown, answer) => {
  await using shop = await openShop(counting, { whenDown, timeoutMs: 50 })
  await shop.store.end()
  const browser = new Browser()
  expect(await browser.get(shop.url)).toMatch(answer)
  expect(shop.read('failures')).toBe(1)
})

test('with secure: always there is no session over http, and nothing fails', async () => {
  await using shop = await openShop((session) => `${session.isAvailable} ${String(Object.assign(session.data, { a: 1 })['a'])}`, {
    secure: 'always',
  })
  const browser = new Browser()
  expect(await browser.get(shop.url)).toBe('200 false 1')
  expect([browser.cookie, shop.read('created')]).toEqual([undefined, 0])
})

test('a persistent cookie is set again with each answer, so that it lives on', async () => {
  await using shop = await openShop(counting, { persistent: true, idleMs: 60_000 })
  const browser = new Browser()
  for (let visit = 0; visit < 2; visit++) {
    await browser.get(shop.url)
    expect(browser.setCookie).toContain('Max-Age=60;')
  }
})

const require = createRequire(import.meta.url)
const { default: Koa } = require('koa') as { readonly default: new () => KoaApp }
const express = require('express') as () => { use(middleware: unknown): void; get(path: string, handler: unknown): void }
interface KoaApp {
  use(middleware: unknown): void
  on(event: 'error', listener: () => void): void
  callback(): (request: never, response: never) => void
}

type Counted = { session: { data: { visits?: number } } }
const count = ({ session: { data } }: Counted): string => `visit ${(data.visits = (data.visits ?? 0) + 1)}`

const frameworks = {
  express: (visitors: Shop['visitors']) => {
    const app = express()
    app.use(visitors.express)
    app.get('/', (request: unknown, response: { send(text: string): void }) => response.send(count(request as Counted)))
    return app as never
  },
  koa: (visitors: Shop['visitors']) => {
    const app = new Koa()
    app.on('error', () => {})
    app.use(visitors.koa)
    app.use((ctx: Counted & { body: string }) => void (ctx.body = count(ctx)))
    return app.callback() as never
  },
  fastify: async (visitors: Shop['visitors']) => {
    const app = fastify()
    await app.register(visitors.fastify)
    app.get('/', (request) => count(request as unknown as Counted))
    await app.ready()
    return ((request: never, response: never) => app.routing(request, response)) as never
  },
}
type Shop = Awaited<ReturnType<typeof openShop>>

test.each(Object.entries(frameworks))('with %s', async (_name, build) => {
  await using shop = await openShop(reading)
  const other = await openVisitors(shop.store.socket, { timeoutMs: 50, cacheMs: 0 }, 'shop-2')
  const server = await serve(await build(other.visitors))
  const browser = new Browser()
  expect(await browser.get(server.url)).toBe('200 visit 1')
  expect(await browser.get(server.url)).toBe('200 visit 2')
  expect(await browser.get(shop.url)).toBe('200 {"visits":2}')
  await shop.store.end()
  expect(await browser.get(server.url)).toMatch(/^503 /)
  await server.close()
  await other.close()
})

test('a handler that writes its head itself: the cookie is in it, beside those of the application', async () => {
  await using shop = await openShop((session, _request, response) => {
    session.data['a'] = 1
    response.writeHead(201, { 'set-cookie': 'own=1' })
    response.end('made')
  })
  const response = await fetch(shop.url)
  expect([response.status, response.headers.getSetCookie(), await response.text()]).toEqual([
    201,
    ['own=1', expect.stringMatching(/^visitors=/)],
    'made',
  ])
  expect(shop.store.spaces.get('visitors')?.size).toBe(1)
})

test('a session that is begun when the head is gone cannot reach the browser: the answer is cut off, and the log says why', async () => {
  await using shop = await openShop((session, _request, response) => {
    response.write('begun')
    session.data['a'] = 1
    response.end('never')
  })
  await expect(fetch(shop.url).then((response) => response.text())).rejects.toThrow()
  expect(shop.lines.join()).toContain('SPY_SESSION_LATE')
})

test.each<readonly [string, (session: Session) => Promise<void>]>([
  ['a new id', (session) => session.regenerate()],
  ['an update of a visitor without a session', (session) => session.update((data) => void (data['a'] = 1))],
])('%s after the head is gone: the answer is cut off, and the log says why', async (what, act) => {
  let isFirst = what === 'a new id'
  await using shop = await openShop(async (session, _request, response) => {
    if (isFirst) session.data['a'] = 1
    else {
      response.write('begun')
      await act(session)
      response.end('never')
    }
  })
  const browser = new Browser()
  if (isFirst) await browser.get(shop.url)
  isFirst = false
  await expect(browser.get(shop.url)).rejects.toThrow()
  expect(shop.lines.join()).toContain('SPY_SESSION_LATE')
})

test('a full store says so to a session that grows', async () => {
  await using shop = await openShop(growing, { maxTotalBytes: 2000 })
  const browser = new Browser()
  expect(await browser.get(shop.url)).toBe('200 ')
  expect(await browser.get(shop.url)).toMatch(/^503 .*SPY_SESSION_FULL/)
})
const growing: Handler = (session) => void (session.data[`part ${Object.keys(session.data).length}`] = 'x'.repeat(1000))

test('with fastify, an async handler need not return what it sends', async () => {
  await using shop = await openShop(reading)
  const app = fastify()
  await app.register(shop.visitors.fastify)
  app.get('/', async (request, reply) => void reply.send(count(request as unknown as Counted)))
  await app.ready()
  const server = await serve((request, response) => app.routing(request, response))
  const browser = new Browser()
  expect([await browser.get(server.url), await browser.get(server.url)]).toEqual(['200 visit 1', '200 visit 2'])
  await server.close()
})

test('with fastify, what a handler of its own response changes is stored, too', async () => {
  await using shop = await openShop(reading)
  const app = fastify()
  await app.register(shop.visitors.fastify)
  app.get('/', (request, reply) => {
    reply.hijack()
    const { data } = (request as unknown as { session: Session }).session
    data['a'] = 1
    reply.raw.write('begun')
    data['b'] = 2
    reply.raw.end()
  })
  await app.ready()
  const server = await serve((request, response) => app.routing(request, response))
  const browser = new Browser()
  await browser.get(server.url)
  expect(await browser.get(shop.url)).toBe('200 {"a":1,"b":2}')
  await server.close()
})

test('requests of one browser to two instances: each sees what the other one has stored', async () => {
  await using shop = await openShop(counting)
  const second = await openVisitors(shop.store.socket, {}, 'shop-2')
  const server = await serve(plain(second, counting))
  const browser = new Browser()
  for (let visit = 1; visit <= 20; visit++) expect(await browser.get(visit % 2 ? shop.url : server.url)).toBe(`200 visit ${visit}`)
  await server.close()
  await second.close()
})
