import { expect, test } from 'vitest'
import { barsOf } from '../../../../collector/src/console/browser/bars.ts'

const MINUTE = 60

test('each step of the range has a bar, those without a count as well', () => {
  const range = { from: 0, to: 4 * MINUTE * 1000, stepSeconds: MINUTE }
  expect(barsOf({ steps: [MINUTE, 3 * MINUTE], counts: [2, 5] }, range)).toEqual([0, 2, 0, 5, 0])
})

test('a long range has at most sixty bars, and their sum is that of the counts', () => {
  const steps = Array.from({ length: 1441 }, (_, i) => i * MINUTE)
  const bars = barsOf({ steps, counts: steps.map(() => 1) }, { from: 0, to: 1440 * MINUTE * 1000, stepSeconds: MINUTE })
  expect(bars.length).toBeLessThanOrEqual(60)
  expect(bars.reduce((sum, bar) => sum + bar, 0)).toBe(1441)
})

test('what lies outside is left out', () => {
  expect(barsOf({ steps: [0, 10 * MINUTE], counts: [1, 1] }, { from: 60_000, to: 120_000, stepSeconds: MINUTE })).toEqual([0, 0])
})
