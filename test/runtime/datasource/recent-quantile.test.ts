import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecentQuantile } from '../../../runtime/src/datasource/recent-quantile.ts'

test('a quantile is at most 9 % above the true one, and never below it', () => {
  const durations = fc.array(fc.double({ min: 0.002, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, q) => {
      const recent = new RecentQuantile(() => 5)
      for (const ms of all) recent.record(ms)
      const exact = all.toSorted((a, b) => a - b)[Math.ceil(q * all.length) - 1]! / 1000
      const found = recent.seconds(q)
      expect(found).toBeGreaterThanOrEqual(exact * 0.999_999)
      expect(found).toBeLessThanOrEqual(exact * 1.091)
    }),
  )
})

test('what is older than a minute no longer counts', () => {
  let now = 0
  const recent = new RecentQuantile(() => now)
  expect(recent.seconds(0.95)).toBeUndefined()
  recent.record(1000)
  now = 30_000
  recent.record(1)
  expect(recent.seconds(0.95)).toBeGreaterThanOrEqual(1)
  now = 60_000
  expect(recent.seconds(0.95)).toBeLessThan(0.0011)
  now = 95_000
  expect(recent.seconds(0.95)).toBeUndefined()
})

test('no duration, however odd, is outside of the histogram', () => {
  const recent = new RecentQuantile(() => 0)
  for (const ms of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) recent.record(ms)
  expect(recent.seconds(0.1)).toBeCloseTo(1e-6, 9)
  expect(Number.isFinite(recent.seconds(1))).toBe(true)
})
