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
