import { expect, test } from 'vitest'
import { PlanBudget } from '../../../agent/src/explain/plan-budget.ts'

/** Asks, and is done at once. */
function asked(budget: PlanBudget, digest: string, nowMs: number): boolean {
  const isGranted = budget.take(digest, nowMs)
  if (isGranted) budget.done()
  return isGranted
}

test('a digest is asked for once an hour', () => {
  const budget = new PlanBudget()
  expect([0, 3_599_999, 3_600_000, 3_600_001].map((nowMs) => asked(budget, 'a', nowMs))).toEqual([true, false, true, false])
})

test('six are asked for in any minute', () => {
  const budget = new PlanBudget()
  const granted = Array.from({ length: 20 }, (_, n) => asked(budget, `digest ${n}`, n * 10_000)).map(Number)
  expect(granted).toEqual(Array.from({ length: 20 }, () => 1))
  expect(Array.from({ length: 20 }, (_, n) => asked(budget, `more ${n}`, 1_000_000 + n)).filter(Boolean)).toHaveLength(6)
  expect(asked(budget, 'later', 1_060_000)).toBe(true)
})

test('none is asked for while another is, and that one may be asked for afterwards', () => {
  const budget = new PlanBudget()
  expect([budget.take('a', 0), budget.take('b', 1)]).toEqual([true, false])
  budget.done()
  expect(budget.take('b', 2)).toBe(true)
})

test('what is remembered of statements is bounded', () => {
  const budget = new PlanBudget()
  for (let n = 0; n <= 1000; n++) expect(asked(budget, `digest ${n}`, n * 60_000)).toBe(true)
  const nowMs = 1000 * 60_000
  expect([asked(budget, 'digest 999', nowMs + 1), asked(budget, 'digest 0', nowMs + 1)]).toEqual([false, true])
})
