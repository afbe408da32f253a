import { expect, test } from 'vitest'
import { openCache, settled } from './fixture.ts'

test('a key is refreshed by the load that was given last, by one timer', async () => {
  using opened = openCache()
  const { cache, clock } = opened
  const first = cache.refreshEvery('k', 500, () => 'first')
  expect(await first.get()).toBe('first')
  await settled()
  const second = cache.refreshEvery('k', 100, () => 'second')
  expect([await second.get(), opened.engine.refreshings.size, clock.timers]).toEqual(['first', 1, 1])
  clock.advance(500)
  await settled()
  expect([await first.get(), clock.timers]).toEqual(['second', 1])
})

test('they are counted, purged by key and with all, and end with their cache', async () => {
  using opened = openCache()
  const { cache, clock, engine } = opened
  let loads = 0
  const refreshed = cache.refreshEvery('k', 500, () => `${++loads}`)
  expect([await refreshed.get(), engine.refreshings.bytes]).toEqual(['1', 2])
  await cache.purge('other')
  await cache.purge('k')
  expect(await refreshed.get()).toBe('2')
  await cache.purgeAll()
  expect(await refreshed.get()).toBe('3')
  engine.close()
  clock.advance(5000)
  await settled()
  expect([loads, clock.timers]).toEqual([3, 0])
  expect(() => cache.refreshEvery('k', 500, () => 1)).toThrow(expect.objectContaining({ code: 'SPY_CACHES_CLOSED' }))
})

test('they are for a few values', () => {
  using opened = openCache()
  for (let i = 0; i < 1000; i++) opened.cache.refreshEvery(`k${i}`, 1000, () => 1)
  expect(() => opened.cache.refreshEvery('one more', 1000, () => 1)).toThrow(expect.objectContaining({ code: 'SPY_CACHE_REFRESHED' }))
})
