import { array, assert, double, property } from 'fast-check'
import { expect, test } from 'vitest'
import { bucketIndex, bucketMiddle } from '@spyglass/agent/contract'
import { ExponentialHistogram } from '../../../agent/src/aggregate/exponential-histogram.ts'

const durations = array(double({ min: 1e-6, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 300 })

function histogramOf(values: readonly number[]): ExponentialHistogram {
  const histogram = new ExponentialHistogram()
  for (const value of values) histogram.record(value)
  return histogram
}

test('a quantile is within 2.2 % of the true one', () => {
  assert(
    property(durations, double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
      const sorted = values.toSorted((a, b) => a - b)
      const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
      const found = histogramOf(values).quantile(share)
      expect(Math.abs(found - exact) / exact).toBeLessThan(0.0221)
    }),
  )
})

test('buckets hold every value at the index of the contract', () => {
  assert(
    property(durations, (values) => {
      const { offset, counts } = histogramOf(values).buckets()
      const expected = new Map<number, number>()
      for (const value of values) expected.set(bucketIndex(value), (expected.get(bucketIndex(value)) ?? 0) + 1)
      const found = new Map(counts.map((count, at) => [at + offset, count] as const).filter(([, count]) => count > 0))
      expect(found).toEqual(new Map([...expected].toSorted(([a], [b]) => a - b)))
    }),
  )
})

test('zero, tiny and huge durations are counted', () => {
  const histogram = histogramOf([0, 1e-12, 1e9])
  expect([histogram.count, histogram.zeroCount, histogram.min, histogram.max]).toEqual([3, 1, 0, 1e9])
  expect(histogram.buckets().counts.reduce((sum, count) => sum + count, 0)).toBe(2)
})

test('two histograms add up, and a cleared one is empty', () => {
  const sum = histogramOf([0.1, 0.2])
  sum.add(histogramOf([0.4]))
  expect([sum.count, sum.max]).toEqual([3, 0.4])
  sum.halve()
  expect(sum.count).toBe(1.5)
  sum.clear()
  expect([sum.count, sum.buckets().counts.length, sum.quantile(0.5), sum.quantileFloor(0.5)]).toEqual([0, 0, 0, 0])
})

test('two histograms add up to the one that had seen all values, zeros included', () => {
  const withZeros = array(
    double({ min: 0, max: 10, noNaN: true }).map((value) => (value < 3 ? 0 : value)),
    { minLength: 1, maxLength: 50 },
  )
  assert(
    property(withZeros, withZeros, (some, others) => {
      const added = histogramOf(some)
      added.add(histogramOf(others))
      const all = histogramOf([...some, ...others])
      const facts = ({ count, zeroCount, min, max }: ExponentialHistogram): number[] => [count, zeroCount, min, max]
      expect([facts(added), added.quantile(0.5), added.quantile(0.9)]).toEqual([facts(all), all.quantile(0.5), all.quantile(0.9)])
    }),
  )
})

test('half of a histogram has half of its zeros', () => {
  const histogram = histogramOf([0, 0, 1, 1])
  histogram.halve()
  expect([histogram.count, histogram.zeroCount, histogram.quantile(0.5)]).toEqual([2, 1, 0])
})

test('buckets reach from the first that holds anything to the last; the ends take what lies beyond', () => {
  expect(histogramOf([1e-12]).buckets()).toEqual({ offset: -320, counts: [1] })
  expect(histogramOf([2 ** -20 * 1.01, 1e-12]).buckets()).toEqual({ offset: -320, counts: [2] })
  expect(histogramOf([1e9]).buckets()).toEqual({ offset: 223, counts: [1] })
  expect(histogramOf([1.01, 1.09]).buckets()).toEqual({ offset: 0, counts: [1, 1] })
})

test('half of a histogram has half of every count and of the sum', () => {
  const histogram = histogramOf([1.01, 1.01, 1.09])
  histogram.halve()
  expect([histogram.buckets(), histogram.count]).toEqual([{ offset: 0, counts: [1, 0.5] }, 1.5])
  expect(histogram.sum).toBeCloseTo(1.555, 10)
})

test('a cleared histogram records like a new one', () => {
  const histogram = histogramOf([0, 0.2, 5])
  histogram.clear()
  histogram.record(1.01)
  expect(histogram).toMatchObject({ count: 1, zeroCount: 0, sum: 1.01, min: 1.01, max: 1.01 })
  expect(histogram.buckets()).toEqual({ offset: 0, counts: [1] })
})

test('the quantile of no share, and of one that only zeros reach, is 0', () => {
  expect([histogramOf([1]).quantile(0), histogramOf([0, 1]).quantile(0.5), histogramOf([0, 1]).quantile(0.51)]).toEqual([
    0,
    0,
    bucketMiddle(-1),
  ])
})
