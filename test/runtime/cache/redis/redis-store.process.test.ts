/** Two instances of an application with one Redis. */
import { Redis } from 'ioredis'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { CacheConfig } from '@spyglass/process/checked-config'
import { checkedSettings } from '../../../../runtime/src/cache/cache-settings.ts'
import { caches } from '../../../../runtime/src/cache/cache-type.ts'
import { createRegistry } from '@spyglass/agent/registry'
import pino from 'pino'
import { freePort } from '../../../support/free-port.ts'
import { startRedis } from '../../../support/redis.ts'
import { ROOT } from '../../../support/sources.ts'
import { until } from '../../../support/until.ts'
import { heldLoad } from '../fixture.ts'

let server: ReturnType<typeof startRedis> | undefined
afterAll(async () => await (await server)?.stop())
const portOf = async (context: TestContext): Promise<number> => (await (server ??= startRedis(context))).port

function openInstance(name: string, port: number, settings: Partial<CacheConfig> = {}) {
  const registry = createRegistry({ kindNamed: () => undefined })
  const around = { instance: 'shop-1', registry, logger: pino({ level: 'silent' }), folder: '/', applicationFolders: [ROOT] }
  const config = checkedSettings(name, { store: 'redis', url: `redis://127.0.0.1:${port}`, timeoutMs: 30_000, ...settings })
  const resource = caches.open(config, around)
  const read = (attribute: string) => registry.find(`spyglass:type=Cache,instance=shop-1,name=${name}`)?.read(attribute)
  return { cache: resource.face, read, [Symbol.asyncDispose]: () => resource.close(100) }
}

/** Both hear purges when this returns. */
async function openTwo(context: TestContext, name: string, settings: Partial<CacheConfig> = {}) {
  const port = await portOf(context)
  const opened = [openInstance(name, port, settings), openInstance(name, port, settings)] as const
  const redis = new Redis(port)
  context.onTestFinished(async () => {
    redis.disconnect()
    await Promise.all(opened.map((one) => one[Symbol.asyncDispose]()))
  })
  const channel = `spyglass:cache:{${name}}:purges`
  await until(async () => (await redis.pubsub('NUMSUB', channel))[1] === 2)
  return { one: opened[0], other: opened[1], redis }
}

test('what one instance has loaded the other finds, as it was, with what is left of its time', async (context) => {
  const { one, other, redis } = await openTwo(context, 'shared')
  const value = { at: new Date(5), of: new Map([['a', Buffer.from('b')]]), big: 7n }
  await until(async () => {
    await one.cache.load('k', () => value, { ttlMs: 60_000 }) // what is loaded while the Redis is being connected is not kept
    return (await redis.exists('spyglass:cache:{shared}:e:k')) === 1
  })
  expect(await other.cache.load('k', () => 'not asked')).toEqual(value)
  expect([other.read('loads'), other.read('hits'), await other.cache.get('k')]).toEqual([0, 1, value])
  expect(await redis.pttl('spyglass:cache:{shared}:e:k')).toBeGreaterThan(50_000)
  expect(await one.cache.get('none')).toBeUndefined()
})

test('a purge by key or tag and a new value reach the other instance, which forgets its copy', async (context) => {
  const { one, other } = await openTwo(context, 'purged')
  for (const [purge, expected] of [
    [() => one.cache.purge('k'), 2],
    [() => one.cache.purgeTag('t'), 3],
    [() => one.cache.purgeAll(), 4],
  ] as const) {
    await one.cache.set('k', expected - 1, { tags: ['t'] })
    await until(async () => (await other.cache.get('k')) === expected - 1)
    await purge()
    await until(async () => (await other.cache.get('k')) === undefined)
    expect(await other.cache.load('k', () => expected, { tags: ['t'] })).toBe(expected)
    expect(await one.cache.load('k', () => expected, { tags: ['t'] })).toBe(expected)
  }
  await other.cache.set('k', 'written')
  await until(async () => (await one.cache.get('k')) === 'written')
})

test('a load that began before another instance purged is stored nowhere', async (context) => {
  const { one, other, redis } = await openTwo(context, 'overtaken')
  for (const purge of [() => other.cache.purge('k'), () => other.cache.purgeTag('t'), () => other.cache.purgeAll()]) {
    const { load, begun } = heldLoad<string>()
    const before = one.cache.load('k', load, { tags: ['t'] })
    await until(() => begun.length === 1)
    await purge()
    begun[0]!.resolve('old')
    expect(await before).toBe('old')
    await until(async () => (await one.cache.get('k')) === undefined)
    await redis.ping()
    expect([await other.cache.get('k'), await redis.exists('spyglass:cache:{overtaken}:e:k')]).toEqual([undefined, 0])
  }
})

test('of several instances one refreshes a value, and all have it; when that one ends, another goes on', async (context) => {
  const { one, other } = await openTwo(context, 'refreshed')
  const loads = { one: 0, other: 0 }
  const [mine, theirs] = [
    one.cache.refreshEvery('stock', 200, () => `one ${++loads.one}`),
    other.cache.refreshEvery('stock', 200, () => `other ${++loads.other}`),
  ]
  const begun = Date.now()
  await until(() => loads.one + loads.other >= 5)
  expect([await mine.get(), await theirs.get()]).toEqual([
    expect.stringMatching(/^(one|other) \d$/),
    expect.stringMatching(/^(one|other) \d$/),
  ])
  const periods = Math.ceil((Date.now() - begun) / 180) + 1
  expect(loads.one + loads.other).toBeLessThanOrEqual(periods)
  mine.stop()
  const before = loads.other
  await until(() => loads.other > before + 1)
  theirs.stop()
})

test.each([
  ['open', 'loaded'],
  ['closed', 'SPY_CACHE_STORE'],
] as const)('while its Redis is away, nobody waits without end: %s', async (whenDown, expected) => {
  await using opened = openInstance('away', await freePort(), { whenDown, timeoutMs: 20 })
  const outcome = async (given: Promise<unknown>): Promise<unknown> => await given.catch((error: { code?: string }) => error.code)
  expect(await outcome(opened.cache.load('k', () => 'loaded'))).toBe(expected)
  expect(await outcome(opened.cache.purge('k'))).toBe(whenDown === 'open' ? 1 : expected)
  expect(await outcome(opened.cache.set('k', 'set'))).toBe(whenDown === 'open' ? undefined : expected)
  expect(await outcome(opened.cache.get('k'))).toBe(whenDown === 'open' ? 'set' : expected)
  expect([opened.read('state'), Number(opened.read('storeFailures')) >= 3]).toEqual(['down', true])
})

test('what was purged while the Redis was away is told when it is back, and what may have been missed is forgotten', async (context) => {
  const port = await freePort()
  const settings = { timeoutMs: 200, ttlMs: 600_000 }
  await using one = openInstance('back', port, settings)
  await using other = openInstance('back', port, settings)
  await other.cache.set('k', 'old')
  await one.cache.purge('k')
  expect(await other.cache.get('k')).toBe('old')
  const late = await startRedis(context, ['--port', String(port)])
  context.onTestFinished(() => late.stop())
  await until(async () => (await other.cache.get('k')) === undefined, 30_000)
  expect(await other.cache.load('k', () => 'new')).toBe('new')
  expect([one.read('state'), other.read('state')]).toContain('ok')
})

test('a message that is from nobody we know may have been a purge', async (context) => {
  const { one, redis } = await openTwo(context, 'garbage')
  for (const message of ['garbage', '{"by":"x","keys":7}', 'null']) {
    await one.cache.set('k', 'kept')
    await redis.del('spyglass:cache:{garbage}:e:k') // so that only memory has it
    expect(await one.cache.get('k')).toBe('kept')
    await redis.publish('spyglass:cache:{garbage}:purges', message)
    await until(async () => (await one.cache.get('k')) === undefined)
  }
})

test('bytes in the Redis that nobody can read are no entry', async (context) => {
  const { one, redis } = await openTwo(context, 'damaged')
  await one.cache.load('k', () => ({ a: 1 }))
  await until(async () => (await redis.exists('spyglass:cache:{damaged}:e:k')) === 1)
  await redis.hset('spyglass:cache:{damaged}:e:k', 'v', 'garbage')
  await one.cache.purge('other')
  await using fresh = openInstance('damaged', await portOf(context))
  expect(await fresh.cache.load('k', () => 'again')).toBe('again')
})

test('without the package of the application it says so', async () => {
  const around = { instance: 'a', registry: createRegistry({ kindNamed: () => undefined }), logger: pino({ level: 'silent' }), folder: '/' }
  const config = checkedSettings('shop', { store: 'redis', url: `redis://127.0.0.1:${await freePort()}` })
  expect(() => caches.open(config, { ...around, applicationFolders: ['/nowhere'] })).toThrow(
    expect.objectContaining({ code: 'SPY_CACHE_PACKAGE' }),
  )
})
