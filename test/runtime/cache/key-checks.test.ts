import { expect, test } from 'vitest'
import { checkedKey, checkedTags, MAX_KEY_BYTES } from '../../../runtime/src/cache/key-checks.ts'

test('a key has 1 to 1024 bytes, whatever its characters', () => {
  for (const key of ['a', 'x'.repeat(MAX_KEY_BYTES), 'é'.repeat(MAX_KEY_BYTES / 2)]) expect(checkedKey('shop', key)).toBe(key)
  for (const key of ['', 'x'.repeat(MAX_KEY_BYTES + 1), 'é'.repeat(MAX_KEY_BYTES / 2 + 1), 7, undefined])
    expect(() => checkedKey('shop', key)).toThrow(expect.objectContaining({ code: 'SPY_CACHE_KEY' }))
})

test('tags count once', () => {
  const many = Array.from({ length: 100 }, (_, at) => `t${at % 32}`)
  expect(checkedTags('shop', 'k', many)).toHaveLength(32)
  expect(() => checkedTags('shop', 'k', [...many, 'one more'])).toThrow(expect.objectContaining({ code: 'SPY_CACHE_TAGS' }))
})
