import { expect, test } from 'vitest'
import { openAdmission, quantile, REFUSAL_MS, serve, total } from './simulation.ts'

/** The application computes 1 ms for each request: more than 1000 a second it cannot serve. */
const CAPACITY = 1000
const UNLOADED_MS = 11

test.each([2, 5, 10])('at %d times what it can serve, it serves nearly as much as it can beside refusing, in little more time', (times) => {
  const { open, clock } = openAdmission()
  const gate = open()
  const outcome = serve(clock, new Map([[gate, { perSecond: times * CAPACITY }]]), { ms: 15_000, from: 5000 }).get(gate)!
  const possible = CAPACITY * 10 - total(outcome.refused) * REFUSAL_MS
  expect(outcome.latencies.length).toBeGreaterThan(0.95 * possible)
  expect(quantile(outcome.latencies, 0.99)).toBeLessThan(6 * UNLOADED_MS)
  expect([...outcome.refused.keys()]).toEqual(['overloaded_loop'])
})

test('so it does where handlers never wait, and only one is under way at any time', () => {
  const { open, clock } = openAdmission()
  const gate = open()
  const outcome = serve(clock, new Map([[gate, { perSecond: 3 * CAPACITY, waitMs: 0 }]]), { ms: 15_000, from: 5000 }).get(gate)!
  expect(outcome.latencies.length).toBeGreaterThan(0.9 * (CAPACITY * 10 - total(outcome.refused) * REFUSAL_MS))
  expect(quantile(outcome.latencies, 0.99)).toBeLessThan(100)
})

test('below what it can serve, none is refused', () => {
  const { open, clock, told } = openAdmission()
  const gate = open()
  serve(clock, new Map([[gate, { perSecond: 0.9 * CAPACITY }]]), { ms: 30_000 })
  expect([gate.refusing.total, gate.state, told]).toEqual([0, 'open', []])
})

test('thousands of requests that wait for long are no load, and keep no other out', () => {
  const { open, clock } = openAdmission()
  const gate = open()
  const load = { perSecond: 200, waitMs: 20_000, computeMs: 0.2 }
  serve(clock, new Map([[gate, load]]), { ms: 30_000 })
  expect([gate.occupancy.inFlight > 3000, gate.refusing.total]).toEqual([true, 0])
})

test('one handler that blocks the loop for a second refuses nobody', () => {
  const { open, clock } = openAdmission()
  const gate = open()
  const load = new Map([[gate, { perSecond: 100 }]])
  serve(clock, load, { ms: 12_000 })
  clock.compute(1000)
  serve(clock, load, { ms: 5000 })
  expect(gate.refusing.total).toBe(0)
})

test('when the load is gone, all are admitted again, the incident ends, and nobody looks any more', () => {
  const { open, clock, told } = openAdmission()
  const gate = open()
  serve(clock, new Map([[gate, { perSecond: 3 * CAPACITY }]]), { ms: 3000 })
  expect(told).toEqual(['overloaded_loop'])
  serve(clock, new Map([[gate, { perSecond: 100 }]]), { ms: 20_000, from: 1000 })
  expect([gate.state, told.length]).toEqual(['open', 2])
  for (let i = 0; i < 50; i++) {
    clock.time += 10
    clock.ring()
  }
  expect(clock.timers).toBe(0)
})

test('of applications that share a process, each has its share: one with little load is not refused for another', () => {
  const { open, clock } = openAdmission()
  const [greedy, modest] = [open(), open()]
  const loads = new Map([
    [greedy, { perSecond: 3 * CAPACITY }],
    [modest, { perSecond: 0.2 * CAPACITY }],
  ])
  const outcomes = serve(clock, loads, { ms: 15_000, from: 5000 })
  const { latencies, refused } = outcomes.get(modest)!
  expect(total(refused) / (latencies.length + total(refused))).toBeLessThan(0.02)
  expect(total(outcomes.get(greedy)!.refused)).toBeGreaterThan(1000)
})

test('shares are kept where both want more', () => {
  const { open, clock } = openAdmission()
  const [big, small] = [open({ share: 300 }), open({ share: 100 })]
  const load = { perSecond: 3 * CAPACITY }
  const outcomes = serve(
    clock,
    new Map([
      [big, load],
      [small, load],
    ]),
    { ms: 15_000, from: 5000 },
  )
  const ratio = outcomes.get(big)!.latencies.length / outcomes.get(small)!.latencies.length
  expect(ratio).toBeGreaterThan(2)
  expect(ratio).toBeLessThan(4)
})

test('an application that stops ends its incident', () => {
  const { open, clock, admission, told } = openAdmission()
  const gate = open({ maxInFlight: 1 })
  gate.occupancy.enter()
  gate.reasonAgainst('/')
  admission.close(gate)
  expect([told, clock.timers]).toEqual([['overloaded_limit', 'ended after 1'], 1])
})

test('switched off while it limits, it admits all at once', () => {
  const { clock, admission } = openAdmission()
  const settings = { enabled: true, loopDelayMs: 10, poolWaitMs: 100, share: 100, weights: [] }
  const gate = admission.open({ settings: () => settings, poolWaitMs: () => 0, report: { began: () => {}, ended: () => {} } })
  serve(clock, new Map([[gate, { perSecond: 3 * CAPACITY }]]), { ms: 3000 })
  expect(gate.state).toBe('limiting')
  settings.enabled = false
  expect([gate.state, gate.reasonAgainst('/')]).toEqual(['off', undefined])
})
