import { createRegistry } from '@spyglass/agent/registry'
import pino from 'pino'
import { expect, test } from 'vitest'
import { checkedSettings } from '../../../runtime/src/cache/cache-settings.ts'
import { openAlone } from '../../../runtime/src/cache/cache-type.ts'
import { cache, installResources, openResources } from '../../../runtime/src/resource/index.ts'

async function openCaches() {
  const registry = createRegistry({ kindNamed: () => undefined })
  const around = { instance: 'shop-1', registry, logger: pino({ level: 'silent' }), folder: '/' }
  const resources = await openResources({ ...around, resources: { caches: [{ name: 'prices', ttlMs: 5000 }] } })
  const uninstall = installResources(resources)
  const read = (of: string, name: string) => registry.find(`spyglass:type=Cache,instance=shop-1,name=${of}`)?.read(name)
  const close = async () => {
    uninstall()
    await resources.close(100)
  }
  return { resources, read, close }
}

test('a cache is a resource that counts, changes live, and is purged by an operator', async () => {
  const { resources, read, close } = await openCaches()
  const prices = cache<number>('prices', { ttlMs: 1 }) // as configured
  await prices.load('a', () => 1, { tags: ['t'] })
  await prices.load('a', () => 2)
  const names = [
    'state',
    'hits',
    'misses',
    'hitRatio',
    'entries',
    'loads',
    'loadFailures',
    'staleServed',
    'evictions',
    'tooLarge',
    'storeFailures',
  ]
  expect(names.map((name) => read('prices', name))).toEqual(['ok', 1, 1, 0.5, 1, 1, 0, 0, 0, 0, 0])
  expect([read('prices', 'bytes'), read('prices', 'maxBytes')]).toEqual([256 + 8 + 2 + 256 + 2, 67_108_864])
  resources.configure('caches', [checkedSettings('prices', { maxBytes: 65_536 })])
  expect(read('prices', 'maxBytes')).toBe(65_536)
  const carryOut = async (operation: string, given: object) =>
    await resources.carryOut('caches', 'prices', { operation, given: { ...given } })
  expect([await carryOut('purge', { tag: 't' }), read('prices', 'entries'), read('prices', 'purges')]).toEqual([1, 0, 1])
  await prices.set('b', 1)
  expect([await carryOut('purge', { key: 'b' }), await carryOut('purge', { all: true })]).toEqual([1, 0])
  for (const given of [{}, { all: false }, { key: 'b', all: true }])
    await expect(carryOut('purge', given)).rejects.toMatchObject({ code: 'SPY_CACHE_PURGE_WHAT' })
  await expect(carryOut('other', {})).rejects.toMatchObject({ code: 'SPY_CACHE_OPERATION' })
  await close()
  expect(read('prices', 'hits')).toBeUndefined()
})

test('one that is not configured is made with the first settings, shown, operated and closed like the others', async () => {
  const { resources, read, close } = await openCaches()
  const made = cache('own', { maxBytes: 100_000 })
  expect([cache('own', { maxBytes: 200_000 }) === made, read('own', 'maxBytes')]).toEqual([true, 100_000])
  await made.set('k', 1)
  expect(await resources.carryOut('caches', 'own', { operation: 'purge', given: { all: true } })).toBe(1)
  expect(() => cache('Not a name')).toThrow(expect.objectContaining({ code: 'SPY_CACHE_SETTING' }))
  await close()
  expect(read('own', 'hits')).toBeUndefined()
  expect(() => resources.get('caches', 'other')).toThrow('there is no cache other here; there are: prices, own')
})

test('without a server there is one of each name as well', async () => {
  const alone = cache('alone')
  await alone.set('k', 1)
  expect([cache('alone') === alone, await cache('alone').get('k')]).toEqual([true, 1])
  expect(await openAlone(checkedSettings('alone', {})).get('k')).toBeUndefined()
})
