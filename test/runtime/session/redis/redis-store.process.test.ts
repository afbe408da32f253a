/** Sessions in Debian's Redis: the same promises as those of the server's own store. */
import { Redis } from 'ioredis'
import { afterAll, expect, test, type TestContext } from 'vitest'
import { startRedis } from '../../../support/redis.ts'
import type { TestServer } from '../../../support/server-process.ts'
import { Browser, type Given, type Handler, openVisitors, plain, serve } from '../fixture.ts'

let redis: Promise<TestServer> | undefined
afterAll(async () => await (await redis)?.stop())

async function opened(context: TestContext, handler: Handler, given: Given = {}) {
  const { port } = await (redis ??= startRedis(context))
  const instances = await Promise.all(
    ['shop-1', 'shop-2'].map((name) => openVisitors('', { store: 'redis', url: `redis://127.0.0.1:${port}/0`, ...given }, name)),
  )
  const servers = await Promise.all(instances.map((instance) => serve(plain(instance, handler))))
  const client = new Redis(port, '127.0.0.1')
  return {
    instances,
    client,
    urls: servers.map(({ url }) => url),
    async [Symbol.asyncDispose]() {
      client.disconnect()
      for (const server of servers) await server.close()
      for (const instance of instances) await instance.close()
    },
  }
}

const counting: Handler = (session, { url }) =>
  url === '/end'
    ? session.destroy()
    : url === '/new'
      ? session.regenerate()
      : session.update((data) => void (data['count'] = Number(data['count'] ?? 0) + 1)).then(() => String(session.data['count']))

test('two instances count together, a new id keeps the state, and a logout ends it for both', async (context) => {
  await using shop = await opened(context, counting)
  const [browser, thief] = [new Browser(), new Browser()]
  for (let visit = 1; visit <= 6; visit++) expect(await browser.get(shop.urls[visit % 2]!)).toBe(`200 ${visit}`)
  thief.cookie = browser.cookie
  expect(await browser.get(`${shop.urls[0]}/new`)).toBe('200 ')
  expect(browser.cookie).not.toBe(thief.cookie)
  expect(await thief.get(shop.urls[1]!)).toBe('200 1')
  expect(await browser.get(shop.urls[1]!)).toBe('200 7')
  await browser.get(`${shop.urls[1]}/end`)
  expect([browser.cookie, await browser.get(shop.urls[0]!)]).toEqual([undefined, '200 1'])
})

test('twenty requests at once lose no count', async (context) => {
  await using shop = await opened(context, counting)
  const browser = new Browser()
  await browser.get(shop.urls[0]!)
  const all = Array.from({ length: 20 }, async (_, at) => {
    const one = new Browser()
    one.cookie = browser.cookie
    return await one.get(shop.urls[at % 2]!)
  })
  const counts = (await Promise.all(all)).map((answer) => Number(answer.slice(4)))
  expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 2))
})

test('a session expires in Redis by itself, and what is counted says so', async (context) => {
  await using shop = await opened(context, counting, { idleMs: 1000 })
  await shop.client.flushall()
  await new Browser().get(shop.urls[0]!)
  const [key] = await shop.client.keys('spyglass:session:{visitors}:*')
  expect(await shop.client.pttl(key!)).toBeGreaterThan(0)
  expect(await shop.client.pttl(key!)).toBeLessThanOrEqual(1000)
})

test('a Redis that hangs: each request ends in time with 503, and all is well when it goes on', async (context) => {
  await using shop = await opened(context, counting, { timeoutMs: 300 })
  const browser = new Browser()
  await browser.get(shop.urls[0]!)
  const pid = Number(/process_id:(\d+)/.exec(await shop.client.info('server'))?.[1])
  process.kill(pid, 'SIGSTOP')
  try {
    expect(await browser.get(shop.urls[0]!)).toBe('503 SPY_SESSION_STORE_SILENT')
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await expect.poll(() => browser.get(shop.urls[0]!)).toMatch(/^200 /)
  expect(shop.instances[0]!.read('failures')).toBeGreaterThan(0)
})
