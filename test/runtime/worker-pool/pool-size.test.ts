import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpuTimes, idleShare, nextSize } from '../../../runtime/src/worker-pool/pool-size.ts'

const input = { size: 2, min: 1, max: 4, waiting: 0, mostRunning: 2, idleCpu: 1 }

test('it grows while tasks wait and CPU is left, stays while none is, and falls while workers are idle', () => {
  expect(nextSize({ ...input, waiting: 1 })).toBe(3)
  expect(nextSize({ ...input, waiting: 1, idleCpu: 0.05 })).toBe(2)
  expect(nextSize(input)).toBe(2)
  expect(nextSize({ ...input, mostRunning: 1 })).toBe(1)
})

test('it is never outside of its bounds, which may change, and moves by one otherwise', () => {
  const small = fc.integer({ min: 1, max: 20 })
  fc.assert(
    fc.property(
      fc.record({
        size: small,
        min: small,
        more: fc.nat(10),
        waiting: fc.nat(3),
        mostRunning: fc.nat(20),
        idleCpu: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      ({ more, ...given }) => {
        const next = nextSize({ ...given, max: given.min + more })
        expect(next).toBeGreaterThanOrEqual(given.min)
        expect(next).toBeLessThanOrEqual(given.min + more)
        if (given.size >= given.min && given.size <= given.min + more) expect(Math.abs(next - given.size)).toBeLessThanOrEqual(1)
      },
    ),
  )
})

test('the idle share is of what passed between two readings of all CPUs', () => {
  const cpu = (idle: number, user: number) => ({ times: { idle, user, nice: 0, sys: 0, irq: 0 } })
  expect(cpuTimes([cpu(5, 10), cpu(15, 20)])).toEqual({ idle: 20, total: 50 })
  expect(idleShare({ idle: 20, total: 50 }, { idle: 25, total: 70 })).toBe(0.25)
  expect(idleShare({ idle: 20, total: 50 }, { idle: 20, total: 50 })).toBe(1)
  expect(cpuTimes().total).toBeGreaterThan(0)
})
