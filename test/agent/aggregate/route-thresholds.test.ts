import { expect, test } from 'vitest'
import { RouteThresholds } from '../../../agent/src/aggregate/route-thresholds.ts'

test('a route whose requests all take alike keeps all of them within its threshold', () => {
  const thresholds = new RouteThresholds()
  for (let n = 0; n < 150; n++) thresholds.record('/r', 0.8)
  thresholds.update()
  expect(thresholds.record('/r', 0.8)).toBeLessThanOrEqual(800)
  expect(thresholds.record('/r', 0.8)).toBeGreaterThan(750)
})

test('few requests say nothing, and old ones are forgotten', () => {
  const thresholds = new RouteThresholds()
  for (let n = 0; n < 150; n++) thresholds.record('/r', 5)
  for (let update = 0; update < 20; update++) thresholds.update()
  expect(thresholds.record('/r', 1)).toBe(0)
})

test('no more routes are followed than the bound', () => {
  const thresholds = new RouteThresholds()
  for (let n = 0; n < 3000; n++) expect(thresholds.record(`/${n}`, 1)).toBe(0)
})
