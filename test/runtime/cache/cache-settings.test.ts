import { expect, test } from 'vitest'
import { checkedSettings } from '../../../runtime/src/cache/cache-settings.ts'

test('settings that are not given are those of the configuration', () => {
  expect(checkedSettings('shop', { ttlMs: 5 })).toMatchObject({
    name: 'shop',
    ttlMs: 5,
    maxBytes: 67_108_864,
    store: 'memory',
    whenDown: 'open',
  })
})

test('a setting that is undefined is not given: no bound is lost by it', () => {
  expect(checkedSettings('shop', { maxBytes: undefined, ttlMs: undefined } as never)).toEqual(checkedSettings('shop', {}))
})

test.each([
  ['Shop!', {}, 'name is "Shop!"'],
  ['shop', { ttlMs: -1 }, 'ttlMs is -1, and must be a whole number from 0'],
  ['shop', { ttlMs: 1.5 }, 'ttlMs is 1.5'],
  ['shop', { maxBytes: 10 }, 'maxBytes is 10'],
  ['shop', { store: 'disk' }, 'store is "disk", and must be one of memory, redis'],
  ['shop', { store: 'redis' }, 'url is missing'],
  ['shop', { store: 'redis', url: 'http://a' }, 'url is "http://a", and must be a URL like redis://'],
  ['shop', { store: 'redis', url: 'redis://a/0?password=b' }, 'must be a URL without a password'],
  ['shop', { purgeUrl: 'ftp://a' }, 'purgeUrl is "ftp://a"'],
  ['shop', { purgeToken: 7 }, 'purgeToken is 7, and must be a text'],
  ['shop', { ttl: 5 }, 'ttl is 5, and must be one of the settings of caches'],
])('a mistake is named: %s %o', (name, given, message) => {
  expect(() => checkedSettings(name, given as never)).toThrow(
    expect.objectContaining({ code: 'SPY_CACHE_SETTING', message: expect.stringContaining(message) }),
  )
})
