import { expect, test } from 'vitest'
import { type Fields, lifeOf, strictest, varyOf } from '../../../../runtime/src/cache/page/storable.ts'

const settings = { statuses: [200], ttlMs: 60_000, staleMs: 7000 }
const lifeWith = (fields: Fields, status = 200, body: Buffer | undefined = Buffer.from('page')) =>
  lifeOf({ status, fields, body }, settings)

test.each<[Fields, object]>([
  [{}, { ttlMs: 60_000, staleMs: 7000, ageMs: 0 }],
  [{ 'cache-control': 'max-age=5' }, { ttlMs: 5000, staleMs: 7000 }],
  [{ 'cache-control': 'public, max-age=5, s-maxage=9' }, { ttlMs: 9000, staleMs: 0 }],
  [{ 'cache-control': 'max-age=5, stale-while-revalidate=2' }, { ttlMs: 5000, staleMs: 2000 }],
  [{ 'cache-control': 'max-age=5, must-revalidate, stale-while-revalidate=2' }, { staleMs: 0 }],
  [{ 'cache-control': 'max-age=5, proxy-revalidate' }, { staleMs: 0 }],
  [{ date: 'Sat, 28 Nov 2026 03:00:00 GMT', expires: 'Sat, 28 Nov 2026 03:00:10 GMT' }, { ttlMs: 10_000 }],
  [{ 'cache-control': 'max-age=5', expires: '0' }, { ttlMs: 5000 }],
  [
    { 'cache-control': 'max-age=5', age: '2' },
    { ttlMs: 3000, ageMs: 2000 },
  ],
  [{ 'content-length': '4', vary: 'accept' }, { ttlMs: 60_000 }],
])('%j is kept as long as it says', (fields, life) => {
  expect(lifeWith(fields)).toMatchObject(life)
})

test.each<[Fields]>([
  [{ 'cache-control': 'no-store' }],
  [{ 'cache-control': 'PRIVATE, max-age=5' }],
  [{ 'cache-control': 'private="set-cookie"' }],
  [{ 'cache-control': 'no-cache' }],
  [{ 'cache-control': ['public', 'no-store'] }],
  [{ 'cache-control': 'max-age=0' }],
  [{ 'cache-control': 'max-age=x' }],
  [{ 'cache-control': 'max-age=5', age: '5' }],
  [{ expires: '0' }],
  [{ expires: 'yesterday' }],
  [{ 'set-cookie': 'a=b' }],
  [{ vary: '*' }],
  [{ vary: 'accept, *' }],
  [{ 'content-range': 'bytes 0-1/4' }],
  [{ 'content-length': '5' }],
  [{ trailer: 'x' }],
])('%j is never kept', (fields) => {
  expect(lifeWith(fields)).toBeUndefined()
})

test('only the statuses that are named are kept, and nothing that was too large', () => {
  for (const status of [201, 206, 301, 304, 404, 500, 503]) expect(lifeWith({}, status)).toBeUndefined()
  expect(lifeOf({ status: 404, fields: {}, body: Buffer.alloc(0) }, { ...settings, statuses: [200, 404] })).toBeDefined()
  expect(lifeOf({ status: 200, fields: {}, body: undefined }, settings)).toBeUndefined()
})

test('an answer that allows one origin depends on it', () => {
  expect(varyOf({ vary: 'Accept-Language,  accept', 'access-control-allow-origin': 'https://a.example' })).toEqual([
    'accept',
    'accept-language',
    'origin',
  ])
  expect(varyOf({ vary: ['Accept', 'Cookie'], 'access-control-allow-origin': '*' })).toEqual(['accept', 'cookie'])
})

test('what is added on the way out counts as well, except for the length of what was encoded there', () => {
  const all = strictest(
    { 'cache-control': 'max-age=5', vary: 'accept' },
    { 'cache-control': 'private', vary: 'cookie', 'set-cookie': ['a=b'], 'content-length': '9' },
  )
  expect(all).toEqual({ 'cache-control': 'max-age=5, private', vary: 'accept, cookie', 'set-cookie': ['a=b'] })
  expect(strictest({}, {})).toEqual({})
})
