import { afterAll, expect, test, type TestContext } from 'vitest'
import { startRedis } from '../../support/redis.ts'
import { freePort } from '../../support/free-port.ts'
import { openLimit } from './fixture.ts'

let server: ReturnType<typeof startRedis> | undefined
afterAll(async () => await (await server)?.stop())

/** Limits of two instances that share a Redis. */
async function openTwo(context: TestContext, name: string) {
  const { port } = await (server ??= startRedis(context))
  const settings = { name, store: 'redis', url: `redis://127.0.0.1:${port}`, max: 5, windowMs: 600_000, timeoutMs: 30_000 } as const
  return [openLimit(settings), openLimit(settings)] as const
}

test('all instances count together: of many at once, as many pass as the limit says', async (context) => {
  const [one, other] = await openTwo(context, 'together')
  using _closing = { [Symbol.dispose]: () => [one, other].forEach(({ limit }) => limit.close()) }
  const decisions = await Promise.all(Array.from({ length: 40 }, async (_, i) => await (i % 2 === 0 ? one : other).limit.take('a')))
  expect(decisions.filter(({ isAllowed }) => isAllowed)).toHaveLength(5)
  const refused = await one.limit.take('a')
  expect(refused).toMatchObject({ isAllowed: false, remaining: 0, reason: 'rate_limited' })
  expect(refused.resetS).toBeGreaterThan(500)
  expect(await other.limit.take('b')).toMatchObject({ isAllowed: true, remaining: 4 })
  expect([await other.limit.forget('a'), (await one.limit.take('a')).isAllowed]).toEqual([true, true])
  expect(one.limit.top(1)).toMatchObject([{ key: 'a' }])
})

test('in a short window places come free', async (context) => {
  const { port } = await (server ??= startRedis(context))
  using opened = openLimit({ name: 'short', store: 'redis', url: `redis://127.0.0.1:${port}`, max: 1, windowMs: 100, timeoutMs: 30_000 })
  expect((await opened.limit.take('a')).isAllowed).toBe(true)
  await expect.poll(async () => (await opened.limit.take('a')).isAllowed, { timeout: 10_000 }).toBe(true)
})

test.each([
  ['open', { isAllowed: true }],
  ['closed', { isAllowed: false, reason: 'rate_store_down' }],
] as const)('while its Redis is down, requests get what whenDown says, in time: %s', async (whenDown, expected) => {
  const url = `redis://127.0.0.1:${await freePort()}`
  using opened = openLimit({ store: 'redis', url, whenDown, timeoutMs: 20 })
  expect(await opened.limit.take('a')).toEqual(expected)
  expect(await opened.limit.take('a')).toEqual(expected)
  expect([opened.limit.storeFailures, opened.limit.isStoreDown, opened.store]).toEqual([2, true, [expect.stringContaining('20 ms')]])
})
