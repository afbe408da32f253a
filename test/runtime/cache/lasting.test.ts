import { expect, test } from 'vitest'
import { entryOf, sharedEntryOf } from '../../../runtime/src/cache/lasting.ts'
import { storedOf } from '../../../runtime/src/cache/stored-value.ts'

const config = { ttlMs: 1000, staleMs: 200, staleIfErrorMs: 5000, missingTtlMs: 50 }
const timesOf = (value: unknown, given: object) => {
  const { freshMs, staleMs, errorMs } = sharedEntryOf(storedOf(value), [], given, config)
  return [freshMs, staleMs, errorMs]
}

test('times are those of the call, else those of the cache; what is missing has its own', () => {
  expect(timesOf(1, {})).toEqual([1000, 1200, 6000])
  expect(timesOf(1, { ttlMs: 10, staleIfErrorMs: 0 })).toEqual([10, 210, 210])
  expect(timesOf(undefined, {})).toEqual([50, 50, 50])
  expect(timesOf(null, { missingTtlMs: 7 })).toEqual([7, 7, 7])
})

test('an entry of this instance has the same times of its clock', () => {
  const shared = sharedEntryOf(storedOf(1), ['t'], {}, config)
  expect(entryOf(shared, 100)).toMatchObject({ tags: ['t'], freshUntil: 1100, staleUntil: 1300, errorUntil: 6100 })
})
