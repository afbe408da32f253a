import { expect, test } from 'vitest'
import { ResolveCache } from '../../../../runtime/src/application/loader/resolve-cache.ts'

test('what was found and what was not are counted apart', () => {
  const cache = new ResolveCache()
  expect(cache.get('a')).toBeUndefined()
  cache.found('a', { url: 'file:///a' })
  cache.missing('b', new TypeError('no b'))
  expect(cache.get('a')).toEqual({ url: 'file:///a' })
  expect(() => cache.get('b')).toThrow('no b')
  expect([cache.hits, cache.misses, cache.negativeHits, cache.size, cache.negativeSize]).toEqual([1, 1, 1, 1, 1])
})

test('it holds ten thousand entries of each, the newest', () => {
  const cache = new ResolveCache()
  for (let i = 0; i < 10_050; i++) cache.found(String(i), { url: String(i) })
  expect(cache.size).toBe(10_000)
  expect(cache.get('49')).toBeUndefined()
  expect(cache.get('50')).toEqual({ url: '50' })
})
