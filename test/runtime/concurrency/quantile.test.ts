import { expect, test } from 'vitest'
import { Quantile } from '../../../runtime/src/concurrency/quantile.ts'

test('it is that of the last 256 values', () => {
  const quantile = new Quantile()
  expect(quantile.of(0.95)).toBe(0)
  for (let value = 1; value <= 100; value++) quantile.add(value)
  expect([quantile.of(0), quantile.of(0.95), quantile.of(1)]).toEqual([1, 96, 100])
  for (let i = 0; i < 256; i++) quantile.add(7)
  expect(quantile.of(0.5)).toBe(7)
})
