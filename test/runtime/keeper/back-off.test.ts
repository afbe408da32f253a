import { expect, test } from 'vitest'
import { createBackOff } from '../../../runtime/src/keeper/back-off.ts'

test('delays double after quick exits up to the maximum, and reset after a healthy run', () => {
  const backOff = createBackOff({ firstMs: 100, mostMs: 400, healthyMs: 1000 })
  expect([0, 0, 0, 0].map((lived) => backOff.next(lived))).toEqual([100, 200, 400, 400])
  expect(backOff.next(5000)).toBe(100)
  expect(backOff.next(0)).toBe(200)
})
