import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SampleWindow, trendOf } from '../../../collector/src/alert/sample-window.ts'

test('the trend of samples on a line is the line, whenever they were taken', () => {
  const slope = fc.double({ min: -1000, max: 1000, noNaN: true })
  fc.assert(
    fc.property(slope, slope, fc.uniqueArray(fc.nat(3600), { minLength: 2, maxLength: 50 }), (perSecond, present, agesSeconds) => {
      const now = 1_000_000_000
      const samples = agesSeconds.map((age) => ({ time: now - age * 1000, value: present - perSecond * age }))
      const trend = trendOf(samples, now)
      expect(trend?.perSecond).toBeCloseTo(perSecond, 3)
      expect(trend?.present).toBeCloseTo(present, 2)
    }),
  )
})

test('there is no trend in one sample, nor in several of one moment', () => {
  expect(trendOf([], 0)).toBeUndefined()
  expect(trendOf([{ time: 0, value: 1 }], 0)).toBeUndefined()
  expect(
    trendOf(
      [1, 2].map((value) => ({ time: 5, value })),
      5,
    ),
  ).toBeUndefined()
})

test('a window keeps what is not older than it, of resources that are there', () => {
  const window = new SampleWindow(100_000)
  window.add('a', 1, 0)
  window.add('a', 2, 100_000)
  expect(window.add('a', 3, 105_001).map(({ value }) => value)).toEqual([2, 3])
  window.keepOnly(new Set(['b']))
  expect(window.add('a', 4, 105_002)).toHaveLength(1)
})
