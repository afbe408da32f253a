import { expect, test } from 'vitest'
import { stepsOf } from '../../../../collector/src/console/browser/red-steps.ts'

const MINUTE = 60_000
const row = (time: number, requests: number, errors = 0) => ({ time, requests, errors, p50: 1, p95: 2, p99: 3, max: 4 })

test('a minute without requests is zero when its data has arrived, and nothing when it has not', () => {
  const series = [row(0, 600), row(2 * MINUTE, 60, 6)]
  const { times, rates, errorRatios } = stepsOf({ series, from: 0, to: 6 * MINUTE, stepSeconds: 60, readableUntil: 4 * MINUTE })
  expect(times).toHaveLength(7)
  expect(rates).toEqual([10, 0, 1, 0, null, null, null])
  expect(errorRatios).toEqual([0, 0, 0.1, 0, null, null, null])
})

test('the newest minute is divided by the part of it that has arrived', () => {
  const { rates } = stepsOf({ series: [row(MINUTE, 90)], from: 0, to: 2 * MINUTE, stepSeconds: 60, readableUntil: MINUTE + 30_000 })
  expect(rates).toEqual([0, 3, null])
})

test('a range without any request has no line', () => {
  expect(stepsOf({ series: [], from: 0, to: MINUTE, stepSeconds: 60, readableUntil: MINUTE }).rates).toEqual([null, null])
})
