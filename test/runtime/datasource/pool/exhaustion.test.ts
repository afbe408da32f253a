import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ExhaustionWatch } from '../../../../runtime/src/datasource/pool/exhaustion.ts'

function watch() {
  const told: string[] = []
  return { told, it: new ExhaustionWatch({ afterMs: () => 10_000, raise: () => told.push('raise'), clear: () => told.push('clear') }) }
}
const full = (waiting: number) => ({ lent: 2, max: 2, waiting })
const free = { lent: 1, max: 2, waiting: 0 }

test('it is raised once all connections have been lent and somebody has waited for the set time', () => {
  const { told, it } = watch()
  it.update(full(1), 0)
  expect(it.dueAt).toBe(10_000)
  it.update(full(1), 9_999)
  expect(told).toEqual([])
  it.update(full(1), 10_000)
  it.update(full(3), 20_000)
  expect(told).toEqual(['raise'])
  expect(it.dueAt).toBe(Number.POSITIVE_INFINITY)
})

test('all lent with nobody waiting is a busy pool, not an exhausted one', () => {
  const { told, it } = watch()
  it.update(full(0), 0)
  it.update(full(0), 60_000)
  expect(told).toEqual([])
})

test('it is raised though nobody waits at that moment, when somebody gave up meanwhile', () => {
  const { told, it } = watch()
  it.update(full(1), 0)
  it.timedOut(5000)
  it.update(full(0), 5000)
  it.update(full(0), 10_000)
  expect(told).toEqual(['raise'])
})

test('a borrower that got its connection by hand-over in between does not count as one that waits', () => {
  const { told, it } = watch()
  it.update(full(1), 0)
  it.update(full(0), 100)
  it.update(full(0), 10_000)
  expect(told).toEqual([])
  it.update(full(1), 11_000)
  expect(it.dueAt).toBe(21_000)
})

test('it is cleared when a connection is free and nobody waits, and starts over after that', () => {
  const { told, it } = watch()
  it.update(full(1), 0)
  it.update(full(1), 10_000)
  it.update({ lent: 1, max: 2, waiting: 1 }, 10_001)
  expect(told).toEqual(['raise'])
  it.update(free, 10_002)
  it.update(free, 10_003)
  expect(told).toEqual(['raise', 'clear'])
  it.update(full(1), 11_000)
  it.update(full(1), 20_000)
  expect(told).toHaveLength(2)
  it.end()
  expect(told).toHaveLength(2)
})

test('whatever the load does, raise and clear alternate, beginning with raise', () => {
  const step = fc.record({ lent: fc.nat(2), waiting: fc.nat(2), ms: fc.nat(8000), timedOut: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { told, it } = watch()
      let now = 0
      for (const { lent, waiting, ms, timedOut } of steps) {
        now += ms
        if (timedOut) it.timedOut(now)
        it.update({ lent, max: 2, waiting }, now)
      }
      it.end()
      expect(told).toEqual(told.map((_, i) => (i % 2 === 0 ? 'raise' : 'clear')))
      expect(told.length % 2).toBe(0)
    }),
  )
})
