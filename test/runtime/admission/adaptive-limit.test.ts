import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AdaptiveLimit, type LimitWindow, MIN_LIMIT } from '../../../runtime/src/admission/adaptive-limit.ts'

const window = (more: Partial<LimitWindow> = {}): LimitWindow => ({ strain: 0, isBusy: false, peak: 100, occupied: 0, refused: 0, ...more })
const strained = window({ strain: 2, isBusy: true })

function step(limit: AdaptiveLimit, times: number, seen: LimitWindow): AdaptiveLimit {
  for (let i = 0; i < times; i++) limit.step(seen)
  return limit
}

/** Past the time after a start. */
const warm = (): AdaptiveLimit => step(new AdaptiveLimit(), 300, window())
const limiting = (): AdaptiveLimit => step(warm(), 3, strained)

test('two strained windows are no overload, three in a row are: then half of what was under way is admitted', () => {
  const limit = step(step(step(warm(), 2, strained), 1, window()), 2, strained)
  expect(limit.isLimiting).toBe(false)
  expect(step(limit, 1, strained).value).toBe(50)
})

test('few requests under way are never limited, whatever the strain', () => {
  const few = window({ strain: 100, isBusy: true, peak: MIN_LIMIT })
  expect(step(new AdaptiveLimit(), 1000, few).isLimiting).toBe(false)
})

test('after a start the first strained window counts: nearly all is refused, then admitted twice as much from window to window, then by one', () => {
  const limit = step(new AdaptiveLimit(), 1, strained)
  expect(limit.value).toBe(MIN_LIMIT)
  const refusing = window({ isBusy: true, refused: 10 })
  const values = Array.from({ length: 6 }, () => step(limit, 1, refusing).value)
  expect(values).toEqual([8, 16, 32, 50, 51, 52])
})

test('so does an avalanche at any time', () => {
  expect(step(warm(), 3, window({ strain: 11, isBusy: true })).value).toBe(MIN_LIMIT)
})

test('strain lowers the limit by a tenth, much strain by more; not before what was admitted has ended', () => {
  const limit = limiting()
  expect(step(limit, 1, { ...strained, occupied: 60 }).value).toBe(50)
  expect(step(limit, 1, { ...strained, occupied: 50 }).value).toBeCloseTo(45)
  expect(step(limit, 1, window({ strain: 4, isBusy: true })).value).toBeCloseTo(31.5)
})

test('a limit that refuses while the resource is idle rises faster', () => {
  expect(step(limiting(), 1, window({ refused: 1, isBusy: true })).value).toBe(51)
  expect(step(limiting(), 1, window({ refused: 1 })).value).toBeCloseTo(53.5)
})

test('it is lifted when for two seconds there was no strain and nothing was refused', () => {
  const limit = step(limiting(), 39, window())
  expect(limit.isLimiting).toBe(true)
  expect(step(step(limit, 1, window({ refused: 1 })), 39, window()).isLimiting).toBe(true)
  expect(step(limit, 1, window()).isLimiting).toBe(false)
})

const anyWindow = fc.record({
  strain: fc.double({ min: 0, max: 1000, noNaN: true }),
  isBusy: fc.boolean(),
  peak: fc.nat(10_000),
  occupied: fc.nat(10_000),
  refused: fc.nat(10_000),
})

test('whatever happens, it never falls below its minimum, and calm lifts it', () => {
  fc.assert(
    fc.property(fc.array(anyWindow, { maxLength: 400 }), (windows) => {
      const limit = new AdaptiveLimit()
      for (const each of windows) {
        limit.step(each)
        expect(limit.value).toBeGreaterThanOrEqual(MIN_LIMIT)
      }
      expect(step(limit, 40, window()).isLimiting).toBe(false)
    }),
  )
})

test('without strain there is never a limit', () => {
  fc.assert(
    fc.property(fc.array(anyWindow, { maxLength: 400 }), (windows) => {
      const limit = new AdaptiveLimit()
      for (const each of windows) limit.step({ ...each, strain: Math.min(1, each.strain) })
      expect(limit.isLimiting).toBe(false)
    }),
  )
})
