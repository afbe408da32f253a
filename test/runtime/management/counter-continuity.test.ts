import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RegistrySnapshot } from '@spyglass/agent/contract'
import { CounterContinuity } from '../../../runtime/src/management/counter-continuity.ts'

const snapshot = (requests: number, activeRequests = 0): RegistrySnapshot => ({
  time: 1,
  resources: [
    {
      kind: 'application',
      keys: { instance: 'shop-1', name: 'shop' },
      values: { name: 'shop', requests, errors: requests / 10, activeRequests },
    },
    { kind: 'java.lang:type=Runtime', keys: {}, values: { Uptime: requests } },
  ],
})
const requestsOf = ({ resources }: RegistrySnapshot): unknown => resources[0]?.values['requests']

test('a reload goes on where the generation before it ended, also while that one drains; gauges are those of the present one', () => {
  const continuity = new CounterContinuity()
  expect(requestsOf(continuity.pushed('shop-1', 100, snapshot(10)))).toBe(10)
  const next = continuity.pushed('shop-1', 200, snapshot(0, 3))
  expect(next.resources[0]?.values).toEqual({ name: 'shop', requests: 10, errors: 1, activeRequests: 3 })
  expect(next.resources[1]?.values).toEqual({ Uptime: 0 })
  continuity.pushed('shop-1', 100, snapshot(15))
  expect(requestsOf(continuity.pushed('shop-1', 200, snapshot(4)))).toBe(19)
  continuity.ended('shop-1', 100)
  expect(requestsOf(continuity.pushed('shop-1', 200, snapshot(5)))).toBe(20)
  continuity.ended('shop-1', 200)
  expect(requestsOf(continuity.pushed('shop-1', 300, snapshot(0)))).toBe(20)
})

test('the end of a process that pushed nothing, or ends twice, changes nothing; sources are apart', () => {
  const continuity = new CounterContinuity()
  continuity.pushed('shop-1', 1, snapshot(10))
  continuity.ended('shop-1', 1)
  continuity.ended('shop-1', 1)
  continuity.ended('none', 7)
  expect(requestsOf(continuity.pushed('shop-1', 2, snapshot(1)))).toBe(11)
  expect(requestsOf(continuity.pushed('shop-2', 3, snapshot(1)))).toBe(1)
})

test('the next management goes on: what has ended stays, who lives is counted once, and who ended in between stays with what was known', () => {
  const first = new CounterContinuity()
  first.pushed('shop-1', 1, snapshot(10))
  first.ended('shop-1', 1)
  first.pushed('shop-1', 2, snapshot(5))
  first.pushed('shop-2', 9, snapshot(7))
  const next = new CounterContinuity(JSON.parse(JSON.stringify(first.memory)) as typeof first.memory)
  expect(requestsOf(next.pushed('shop-1', 2, snapshot(6)))).toBe(16)
  expect(requestsOf(next.pushed('shop-2', 10, snapshot(1)))).toBe(8)
  const last = new CounterContinuity(next.memory)
  expect(requestsOf(last.pushed('shop-1', 2, snapshot(6)))).toBe(16)
  expect(requestsOf(last.pushed('shop-2', 10, snapshot(2)))).toBe(9)
})

test('whatever generations come, count and end, the sum is what all of them counted, and never falls', () => {
  const step = fc.oneof(
    fc.record({ pid: fc.integer({ min: 1, max: 4 }), requests: fc.nat(100) }),
    fc.record({ pid: fc.integer({ min: 1, max: 4 }), end: fc.constant(true) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const continuity = new CounterContinuity()
      const [living, lives] = [new Map<number, number>(), new Map<number, number>()]
      let [endedSum, last] = [0, 0]
      for (const { pid, ...what } of steps) {
        const id = pid + 10 * (lives.get(pid) ?? 0)
        if ('end' in what) {
          endedSum += living.get(id) ?? 0
          living.delete(id)
          lives.set(pid, (lives.get(pid) ?? 0) + 1)
          continuity.ended('shop-1', id)
          continue
        }
        living.set(id, (living.get(id) ?? 0) + what.requests)
        const shown = Number(requestsOf(continuity.pushed('shop-1', id, snapshot(living.get(id) ?? 0))))
        expect(shown).toBe(endedSum + [...living.values()].reduce((a, b) => a + b, 0))
        expect(shown).toBeGreaterThanOrEqual(last)
        last = shown
      }
    }),
  )
})
