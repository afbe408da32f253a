import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Demand, endOfLife, missing, shrinkDueAt, toFill, toOpen } from '../../../../runtime/src/datasource/pool/sizing.ts'

const count = fc.nat({ max: 50 })
const limits = fc.record({
  min: count,
  max: fc.integer({ min: 1, max: 50 }),
  step: fc.integer({ min: 1, max: 20 }),
  growWaitMs: fc.nat({ max: 100 }),
  idleTimeoutMs: fc.integer({ min: 1, max: 1000 }),
})
const demand = fc
  .record({ size: count, coming: count, waiting: count, waitMs: fc.nat({ max: 200 }).map((ms) => () => ms) })
  .filter(({ size, coming }) => coming <= size)

test('a pool never grows beyond its maximum, nor when nobody lacks a connection', () => {
  fc.assert(
    fc.property(demand, limits, (now, limit) => {
      const more = toOpen(now, limit)
      expect(more).toBeGreaterThanOrEqual(0)
      if (more > 0) expect(now.size + more).toBeLessThanOrEqual(limit.max)
      if (missing(now) === 0) expect(more).toBe(0)
    }),
  )
})

test('without a wait that is accepted, each borrower gets one as far as there is room, and a step is not divided but by the maximum', () => {
  fc.assert(
    fc.property(demand, limits, (now, limit) => {
      const more = toOpen(now, { ...limit, growWaitMs: 0 })
      const room = Math.max(0, limit.max - now.size)
      expect(more).toBeGreaterThanOrEqual(Math.min(room, missing(now)))
      expect(more === room || more % limit.step === 0).toBe(true)
      expect(more - missing(now)).toBeLessThan(limit.step)
    }),
  )
})

test('a pool that has connections grows by one step, and only when the wait is as long as is accepted and nothing is coming', () => {
  const patient = limits.filter(({ growWaitMs }) => growWaitMs > 0)
  fc.assert(
    fc.property(
      demand.filter(({ size }) => size > 0),
      patient,
      (now, limit) => {
        const grows = now.coming === 0 && now.waiting > 0 && now.waitMs() >= limit.growWaitMs && now.size < limit.max
        expect(toOpen(now, limit)).toBe(grows ? Math.min(limit.step, limit.max - now.size) : 0)
      },
    ),
  )
})

test('a pool without any connection opens one for a borrower that waits, however short the wait', () => {
  fc.assert(
    fc.property(limits, fc.integer({ min: 1, max: 50 }), (limit, waiting) => {
      const empty: Demand = { size: 0, coming: 0, waiting, waitMs: () => 0 }
      expect(toOpen(empty, limit)).toBeGreaterThan(0)
    }),
  )
})

test('what is filled is within the maximum', () => {
  fc.assert(
    fc.property(count, count, limits, (size, least, limit) => {
      const more = toFill(size, least, limit)
      expect(more).toBe(size >= Math.min(least, limit.max) ? 0 : Math.min(least, limit.max) - size)
    }),
  )
})

test('nothing shrinks at the minimum, and above it the oldest is due after its idle time', () => {
  fc.assert(
    fc.property(count, fc.nat(), limits, (size, since, limit) => {
      const due = shrinkDueAt(size, since, limit)
      expect(due).toBe(size > limit.min ? since + limit.idleTimeoutMs : Number.POSITIVE_INFINITY)
    }),
  )
})

test('connections opened together end within the last tenth of their life, each at another time', () => {
  const lifetime = { maxLifetimeMs: 1_800_000 }
  const ends = Array.from({ length: 100 }, (_, id) => endOfLife(id, 5000, lifetime))
  expect(new Set(ends).size).toBe(100)
  for (const end of ends) {
    expect(end).toBeGreaterThan(5000 + 1_620_000)
    expect(end).toBeLessThanOrEqual(5000 + 1_800_000)
  }
  expect(endOfLife(1, 0, {})).toBe(Number.POSITIVE_INFINITY)
})
