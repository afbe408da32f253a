import fc from 'fast-check'
import { expect, test } from 'vitest'
import { askedToWait, retryAfterMs, waitOf } from '../../../collector/src/notify/retry-after.ts'

const NOW = Date.UTC(2030, 0, 1)

test('seconds and dates are understood, up to a quarter of an hour; what is neither is nothing', () => {
  expect(retryAfterMs('120', NOW)).toBe(120_000)
  expect(retryAfterMs('Tue, 01 Jan 2030 00:01:00 GMT', NOW)).toBe(60_000)
  expect(retryAfterMs('Mon, 31 Dec 2029 00:00:00 GMT', NOW)).toBe(0)
  expect(retryAfterMs('86400', NOW)).toBe(900_000)
  for (const text of [undefined, '', 'soon', '-5x']) expect(retryAfterMs(text, NOW)).toBeUndefined()
})

test('whatever a receiver writes, the wait is bounded', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (text) => {
      const ms = retryAfterMs(text, NOW) ?? 0
      expect(ms).toBeGreaterThanOrEqual(0)
      expect(ms).toBeLessThanOrEqual(900_000)
    }),
  )
})

test('it travels with the reason why a page was not accepted', () => {
  expect(waitOf(askedToWait(new Error('no'), 5000))).toBe(5000)
  expect([waitOf(askedToWait(new Error('no'), undefined)), waitOf(undefined), waitOf('no')]).toEqual([0, 0, 0])
})
