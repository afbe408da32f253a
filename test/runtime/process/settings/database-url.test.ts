import { expect, test } from 'vitest'
import { hasNoPassword, hasReadableUser, isDatabaseUrl } from '../../../../runtime/process/src/settings/database-url.ts'

test('a database URL has the protocol of its driver', () => {
  for (const url of ['postgres://shop@db:5433/shop', 'postgresql://db'])
    expect([isDatabaseUrl(url), isDatabaseUrl(url, ['pg'])]).toEqual([true, true])
  for (const text of ['', 'shop.db', 'http://db/shop', 'mongodb://db/shop']) expect(isDatabaseUrl(text)).toBe(false)
  expect(isDatabaseUrl('postgres://db', ['sqlite'])).toBe(false)
})

test('a password is found before the host and among the parameters', () => {
  for (const url of ['postgres://shop:secret@db/shop', 'postgres://db/shop?password=x', 'postgres://db/shop?sslPassword=x'])
    expect(hasNoPassword(url)).toBe(false)
  for (const url of ['postgres://shop@db/shop?sslmode=require', 'no URL']) expect(hasNoPassword(url)).toBe(true)
})

test('a user in a URL can be decoded', () => {
  expect(['smtp://shop%40example.org@mail', 'smtp://mail', 'no URL', 'smtp://%zz@mail'].map(hasReadableUser)).toEqual([
    true,
    true,
    true,
    false,
  ])
})
