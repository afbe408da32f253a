import { checkedSettings } from '@spyglass/process/config'
import { expect, test } from 'vitest'

const check = (cache: object) => () => checkedSettings({ caches: [{ name: 'pages', ...cache }] }, { origin: 'spyglass.yaml', from: '/' })

test('a cache in memory and one with a Redis are accepted', () => {
  expect(check({})().caches).toMatchObject([{ name: 'pages', store: 'memory', maxBytes: 67_108_864 }])
  expect(check({ store: 'redis', url: 'redis://cache:6379', password: 'x', purgeUrl: 'https://cdn/', purgeToken: 't' })).not.toThrow()
})

test.each([
  [{ store: 'redis' }, 'caches[0].url: missing'],
  [{ url: 'redis://cache:6379' }, 'caches[0].url: only available with store redis'],
  [{ password: 'x' }, 'caches[0].password: only available with store redis'],
  [{ purgeToken: 'x' }, 'caches[0].purgeToken: only available with a purgeUrl'],
  [{ store: 'redis', url: 'redis://:secret@cache' }, 'caches[0].url'],
])('%o is a mistake', (cache, message) => {
  expect(check(cache)).toThrow(message)
})
