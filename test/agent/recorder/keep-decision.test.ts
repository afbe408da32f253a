import { expect, test } from 'vitest'
import { KeepDecision, type Outcome } from '../../../agent/src/recorder/keep-decision.ts'

const POLICY = { slowRequestMs: 0, keptPerSecond: 5, baselinePerMinute: 0 }
const outcome = (durationMs: number, more: Partial<Outcome> = {}): Outcome => ({
  startMs: 1000,
  endMs: 1000 + durationMs,
  error: undefined,
  aborted: false,
  leaked: false,
  hadSlowStatement: false,
  partialSent: false,
  ...more,
})

test.each([
  ['an ordinary request', outcome(50), 200, undefined],
  ['one of 100 ms', outcome(100), 200, 'slow'],
  ['a status of 500', outcome(1), 500, 'error'],
  ['an exception', outcome(1, { error: new Error('x') }), 200, 'error'],
  ['a client that gave up', outcome(1, { aborted: true }), 0, 'aborted'],
  ['a leak', outcome(1, { leaked: true }), 200, 'leak'],
  ['a slow statement within a fast request', outcome(1, { hadSlowStatement: true }), 200, 'slow'],
  ['one that was sent while it ran', outcome(1, { partialSent: true }), 200, 'running'],
  ['one whose caller was kept', outcome(1, { wish: 'kept' }), 200, 'trace'],
  ['a slow one whose caller was kept', outcome(100, { wish: 'kept' }), 200, 'slow'],
  ['one whose caller has not decided', outcome(1, { wish: 'hold' }), 200, undefined],
  ['a forced one, whatever else it is', outcome(100, { wish: 'forced' }), 500, 'forced'],
] as const)('%s: %o', (_name, request, status, reason) => {
  expect(new KeepDecision(POLICY).reasonFor(request, status, 0)).toBe(reason)
})

test('a route’s own percentile raises its threshold, a set one replaces both', () => {
  expect(new KeepDecision(POLICY).reasonFor(outcome(300), 200, 400)).toBeUndefined()
  expect(new KeepDecision(POLICY).reasonFor(outcome(400), 200, 400)).toBe('slow')
  expect(new KeepDecision({ ...POLICY, slowRequestMs: 10 }).reasonFor(outcome(20), 200, 400)).toBe('slow')
})

test('no more traces than the limit are kept in one second, the others are counted', () => {
  const decision = new KeepDecision(POLICY)
  const admitted = Array.from({ length: 20 }, (_, n) => decision.admit(1000 + n))
  expect(admitted.filter(Boolean).length).toBe(5)
  expect(decision.dropped).toBe(15)
  expect(decision.admit(2000)).toBe(true)
})

test('a baseline of ordinary requests is kept, as many a minute as set', () => {
  const decision = new KeepDecision({ ...POLICY, baselinePerMinute: 6 }, () => 0.5)
  let kept = 0
  for (let second = 0; second < 600; second++) {
    const request = { ...outcome(1), startMs: second * 1000, endMs: second * 1000 + 1 }
    if (decision.reasonFor(request, 200, 0) === 'baseline') kept++
  }
  expect(kept).toBeGreaterThanOrEqual(54)
  expect(kept).toBeLessThanOrEqual(60)
})

test('what others want has places of its own, and takes none of what is slow here', () => {
  const decision = new KeepDecision(POLICY)
  const wanted = Array.from({ length: 60 }, () => decision.admit(1000, 'trace')).filter(Boolean)
  expect(wanted.length).toBe(50)
  expect(Array.from({ length: 6 }, () => decision.admit(1000, 'slow'))).toEqual([true, true, true, true, true, false])
  expect(Array.from({ length: 101 }, () => decision.admit(1000, 'forced')).filter(Boolean).length).toBe(100)
})

test('a slow request for which there is no place has one of those that others want', () => {
  const decision = new KeepDecision({ ...POLICY, keptPerSecond: 1 })
  expect([decision.admit(1000, 'slow', true), decision.admit(1000, 'slow', true), decision.admit(1000, 'slow')]).toEqual([
    true,
    true,
    false,
  ])
  expect(decision.dropped).toBe(1)
})
