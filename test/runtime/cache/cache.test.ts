import { expect, test } from 'vitest'
import { heldLoad, openCache, settled } from './fixture.ts'

test('of a thousand who ask at once one loads, and each gets a copy of its own', async () => {
  using opened = openCache()
  const { load, begun } = heldLoad<{ stock: number; bytes: Buffer }>()
  const asked = Array.from({ length: 1000 }, () => opened.cache.load('k', load))
  expect(begun).toHaveLength(1)
  begun[0]!.resolve({ stock: 1, bytes: Buffer.from('abc') })
  const values = (await Promise.all(asked)) as { stock: number; bytes: Buffer }[]
  values[0]!.stock = 99
  values[0]!.bytes[0] = 0
  expect(values[1]).toEqual({ stock: 1, bytes: Buffer.from('abc') })
  expect(await opened.cache.get('k')).toEqual({ stock: 1, bytes: Buffer.from('abc') })
  expect([opened.engine.figures.loads, opened.engine.figures.misses, opened.engine.figures.hits]).toEqual([1, 1000, 1])
})

test('a load that fails, throws at once or never ends fails for all who wait, and is not kept', async () => {
  using opened = openCache({ loadTimeoutMs: 100 })
  const { cache, engine, clock } = opened
  const { load, begun } = heldLoad<number>()
  const asked = Array.from({ length: 10 }, () => cache.load('k', load))
  const outcomes = Promise.allSettled(asked)
  begun[0]!.reject(new Error('down'))
  expect((await outcomes).map((one) => one.status === 'rejected' && String(one.reason))).toEqual(
    Array.from({ length: 10 }, () => 'Error: down'),
  )
  const thrown = (): never => {
    throw new Error('at once')
  }
  await expect(cache.load('k', thrown)).rejects.toThrow('at once')
  let signal: AbortSignal | undefined
  const late = Promise.allSettled([
    cache.load('k', (context) => {
      ;({ signal } = context)
      return new Promise(() => {})
    }),
  ])
  clock.advance(100)
  expect(await late).toMatchObject([{ reason: { code: 'SPY_CACHE_LOAD_LATE', statusCode: 503 } }])
  expect(signal?.aborted).toBe(true)
  expect([await cache.load('k', () => 7), engine.figures.loads, engine.figures.loadFailures]).toEqual([7, 4, 3])
  expect(clock.timers).toBe(0)
})

test('a load that asks for its own key is late, and does not wait without end', async () => {
  using opened = openCache({ loadTimeoutMs: 100 })
  const own = (): Promise<unknown> => opened.cache.load('k', own)
  const asked = Promise.allSettled([opened.cache.load('k', own)])
  await settled()
  opened.clock.advance(100)
  expect(await asked).toMatchObject([{ reason: { code: 'SPY_CACHE_LOAD_LATE' } }])
})

test('an entry is fresh for its time; then it is given out while one load replaces it; then it is waited for', async () => {
  using opened = openCache({ ttlMs: 1000, staleMs: 500 })
  const { cache, engine, clock } = opened
  await cache.load('k', () => 'old')
  clock.advance(999)
  expect(await cache.load('k', () => 'new')).toBe('old')
  clock.advance(1)
  expect(await cache.get('k')).toBeUndefined()
  const { load, begun } = heldLoad<string>()
  expect(await Promise.all([cache.load('k', load), cache.load('k', load)])).toEqual(['old', 'old'])
  expect([begun.length, engine.figures.staleServed]).toEqual([1, 2])
  begun[0]!.resolve('new')
  await settled()
  expect(await cache.load('k', () => 'other')).toBe('new')
  clock.advance(1500)
  expect(await cache.load('k', () => 'newest')).toBe('newest')
})

test('a load that fails gives the old entry out where that is allowed, and is not repeated at once', async () => {
  using opened = openCache({ ttlMs: 1000, staleIfErrorMs: 60_000 })
  const { cache, clock, engine } = opened
  const failing = (): never => {
    throw new Error('down')
  }
  await cache.load('k', () => 'old')
  clock.advance(1000)
  for (let i = 0; i < 10; i++) expect(await cache.load('k', failing)).toBe('old')
  expect([engine.figures.loads, engine.figures.loadFailures, engine.figures.staleServed]).toEqual([2, 1, 10])
  clock.advance(1000)
  expect(await cache.load('k', () => 'new')).toBe('new')
  clock.advance(61_000)
  await expect(cache.load('k', failing)).rejects.toThrow('down')
})

test('that there is no value is kept for its own time', async () => {
  using opened = openCache({ missingTtlMs: 100 })
  const { cache, clock, engine } = opened
  const find = (): undefined => undefined
  expect([await cache.load('k', find), await cache.load('k', find), engine.figures.loads]).toEqual([undefined, undefined, 1])
  clock.advance(100)
  expect(await cache.load('k', () => 'made since')).toBe('made since')
  await cache.load('never', find, { missingTtlMs: 0 })
  await cache.load('never', find, { missingTtlMs: 0 })
  expect(engine.figures.loads).toBe(4)
})

test.each([
  ['its key', (cache: ReturnType<typeof openCache>['cache']) => cache.purge('k')],
  ['its tag', (cache: ReturnType<typeof openCache>['cache']) => cache.purgeTag('t')],
  ['all', (cache: ReturnType<typeof openCache>['cache']) => cache.purgeAll()],
  ['another value', (cache: ReturnType<typeof openCache>['cache']) => cache.set('k', 'written', { ttlMs: 1 })],
])('what was being loaded while %s was purged is not stored: who asks afterwards gets a new load', async (_, purge) => {
  for (const tags of [['t'], () => ['t']]) {
    using opened = openCache()
    const { load, begun } = heldLoad<string>()
    const before = opened.cache.load('k', load, { tags })
    await purge(opened.cache)
    opened.clock.advance(1)
    const after = opened.cache.load('k', load, { tags })
    expect(begun).toHaveLength(2)
    begun[1]!.resolve('new')
    expect(await after).toBe('new')
    begun[0]!.resolve('old')
    expect([await before, await opened.cache.get('k')]).toEqual(['old', 'new'])
  }
})

test('a purge drops what it names and nothing else, and says how many', async () => {
  using opened = openCache()
  const { cache } = opened
  for (const [key, tags] of [
    ['a', ['x']],
    ['b', ['x', 'y']],
    ['c', []],
  ] as const)
    await cache.set(key, key, { tags })
  expect([await cache.purgeTag('y'), await cache.get('a'), await cache.get('b')]).toEqual([1, 'a', undefined])
  expect([await cache.purge('a'), await cache.purge('a'), await cache.get('c')]).toEqual([1, 0, 'c'])
  expect([await cache.purgeAll(), opened.engine.entries.size, opened.engine.entries.bytes]).toEqual([1, 0, 0])
})

test('keys of megabytes, no keys, too many tags and what cannot be stored are clear errors', async () => {
  using opened = openCache({ maxEntryBytes: 2048 })
  const { cache, engine } = opened
  const long = 'x'.repeat(3_000_000)
  await expect(cache.load(long, () => 1)).rejects.toMatchObject({
    code: 'SPY_CACHE_KEY',
    message: expect.stringContaining('3000000 bytes'),
  })
  await expect(cache.get('')).rejects.toMatchObject({ code: 'SPY_CACHE_KEY' })
  await expect(cache.set('é'.repeat(600), 1)).rejects.toMatchObject({ code: 'SPY_CACHE_KEY' })
  await expect(cache.purgeTag(7 as never)).rejects.toMatchObject({ code: 'SPY_CACHE_KEY' })
  const tags = Array.from({ length: 33 }, (_, at) => `t${at}`)
  await expect(cache.load('k', () => 1, { tags })).rejects.toMatchObject({ code: 'SPY_CACHE_TAGS' })
  await expect(cache.load('k', () => ({ run: () => 1 }))).rejects.toMatchObject({ code: 'SPY_CACHE_VALUE' })
  await expect(cache.set('k', 'y'.repeat(2000))).rejects.toMatchObject({ code: 'SPY_CACHE_TOO_LARGE' })
  expect(await cache.load('k', () => 'y'.repeat(2000))).toHaveLength(2000) // who asks gets it
  expect([engine.entries.size, engine.figures.tooLarge]).toEqual([0, 1])
})

test('the bound of bytes changes live, and holds', async () => {
  using opened = openCache({ maxBytes: 1_000_000 })
  for (let i = 0; i < 100; i++) await opened.cache.set(`k${i}`, 'x'.repeat(4000))
  expect(opened.engine.entries.size).toBe(100)
  opened.configure({ maxBytes: 100_000 })
  expect(opened.engine.entries.bytes).toBeLessThanOrEqual(100_000)
  expect([await opened.cache.get('k0'), opened.engine.entries.evictions]).toEqual([undefined, 88])
})

test('a value that a timer refreshes is loaded once a period, however many read it; a refresh that fails keeps it', async () => {
  const failures: string[] = []
  using opened = openCache({}, { onRefreshFailure: (key, error) => void failures.push(`${key}: ${String(error)}`) })
  const { cache, clock, engine } = opened
  let loads = 0
  const stock = cache.refreshEvery('stock', 500, () => {
    if (++loads === 3) throw new Error('down')
    return { loads }
  })
  const reads = await Promise.all(Array.from({ length: 100 }, () => stock.get()))
  expect([reads[99], await cache.get('stock'), await cache.load('stock', () => 'never'), loads]).toEqual([
    { loads: 1 },
    { loads: 1 },
    { loads: 1 },
    1,
  ])
  for (const expected of [2, 2, 4]) {
    clock.advance(500)
    await settled()
    expect(await stock.get()).toEqual({ loads: expected })
  }
  expect([failures, engine.figures.loadFailures]).toEqual([['stock: Error: down'], 1])
  stock.stop()
  clock.advance(5000)
  await settled()
  expect([loads, await cache.get('stock'), clock.timers]).toEqual([4, undefined, 0])
})

test('a period or a key that cannot be is refused', () => {
  using opened = openCache()
  expect(() => opened.cache.refreshEvery('k', 0, () => 1)).toThrow(expect.objectContaining({ code: 'SPY_CACHE_SETTING' }))
  expect(() => opened.cache.refreshEvery('', 100, () => 1)).toThrow(expect.objectContaining({ code: 'SPY_CACHE_KEY' }))
})
