import { expect, test } from 'vitest'
import { LatencyLimit } from '../../../runtime/src/admission/latency-limit.ts'

const seen = { peak: 100, refused: 0, occupied: 0 }

function answer(limit: LatencyLimit, { slow, quick }: { readonly slow: number; readonly quick: number }): void {
  for (let i = 0; i < slow; i++) limit.answered(true)
  for (let i = 0; i < quick; i++) limit.answered(false)
  limit.windowEnded(seen)
}

test('more than half of the answers slow is too much', () => {
  const limit = new LatencyLimit()
  answer(limit, { slow: 5, quick: 5 })
  expect(limit.limit.isLimiting).toBe(false)
  answer(limit, { slow: 6, quick: 4 })
  expect(limit.limit.isLimiting).toBe(true)
})

test('answers are gathered until there are ten', () => {
  const limit = new LatencyLimit()
  for (let i = 0; i < 9; i++) answer(limit, { slow: 1, quick: 0 })
  expect(limit.limit.isLimiting).toBe(false)
  answer(limit, { slow: 1, quick: 0 })
  expect(limit.limit.isLimiting).toBe(true)
})

test('fewer than ten in twenty windows say nothing', () => {
  const limit = new LatencyLimit()
  for (let i = 0; i < 100; i++) answer(limit, { slow: i % 4 === 0 ? 1 : 0, quick: 0 })
  expect(limit.limit.isLimiting).toBe(false)
})
