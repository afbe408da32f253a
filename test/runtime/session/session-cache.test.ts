import { expect, test } from 'vitest'
import { SessionCache } from '../../../runtime/src/session/session-cache.ts'

function cache(max = 2) {
  const time = { now: 0 }
  const copy = (freshUntil: number) => ({ text: '{}', version: 1, createdAt: 0, until: 5, freshUntil })
  return { time, copy, cache: new SessionCache(max, () => time.now) }
}

test('the least recently used copy is dropped first', () => {
  const { cache: copies, copy } = cache()
  for (const id of ['a', 'b']) copies.set(id, copy(9))
  copies.get('a')
  copies.set('c', copy(9))
  expect([copies.size, copies.get('a') !== undefined, copies.get('b'), copies.get('c') !== undefined]).toEqual([2, true, undefined, true])
})

test('a copy whose time is over is not given out, and one that comes too late is not kept', () => {
  const { cache: copies, copy, time } = cache()
  copies.set('a', copy(9))
  time.now = 9
  expect([copies.get('a'), copies.size]).toEqual([undefined, 0])
  copies.set('a', copy(9))
  expect(copies.size).toBe(0)
})

test('a newer copy that may not be kept replaces an older one', () => {
  const { cache: copies, copy } = cache()
  copies.set('a', copy(9))
  copies.set('a', copy(0))
  expect(copies.get('a')).toBeUndefined()
})

test('a copy is extended, dropped, and all are dropped', () => {
  const { cache: copies, copy } = cache()
  copies.set('a', copy(9))
  copies.extend('a', 77)
  copies.extend('b', 77)
  expect([copies.get('a')?.until, copies.size]).toEqual([77, 1])
  copies.drop('a')
  expect(copies.size).toBe(0)
  copies.set('a', copy(9))
  copies.clear()
  expect(copies.size).toBe(0)
})

test('a cache for no copies keeps none', () => {
  const { cache: copies, copy } = cache(0)
  copies.set('a', copy(9))
  expect(copies.size).toBe(0)
})
