import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { STEP_MS, SlidingWindow } from '../../../agent/src/aggregate/sliding-window.ts'

test('what is older than a minute no longer counts', () => {
  const window = new SlidingWindow()
  window.record(10, 0)
  for (let step = 1; step <= 5; step++) window.record(0.1, step * STEP_MS)
  expect(window.quantile(1, 5 * STEP_MS)).toBeCloseTo(10, 0)
  expect(window.quantile(1, 6 * STEP_MS)).toBeCloseTo(0.1, 2)
  expect(window.quantile(1, 60 * STEP_MS)).toBeUndefined()
})

test('a quantile is at most 5 % off', () => {
  const durations = fc.array(fc.double({ min: 2e-6, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
      const window = new SlidingWindow()
      for (const seconds of all) window.record(seconds, 5)
      const exact = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1]!
      const found = window.quantile(share, 5)! / exact
      expect(found).toBeGreaterThan(0.95)
      expect(found).toBeLessThan(1.05)
    }),
  )
})

test('no duration, however odd, is outside of it', () => {
  const window = new SlidingWindow()
  for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) window.record(seconds, 0)
  expect(window.quantile(0.1, 0)).toBe(0)
  expect(Number.isFinite(window.quantile(1, 0))).toBe(true)
})
