import { expect, test } from 'vitest'
import { seededRandom } from '../../support/seeded-random.ts'
import type { AdmissionSettings } from '../../../runtime/src/admission/admission-settings.ts'
import { type Load, openAdmission, type Outcome, quantile, REFUSAL_MS, serve, Station, total } from './simulation.ts'

/** The application computes 1 ms for each request: more than 1000 a second it cannot serve. */
const CAPACITY = 1000

/** `good`: of what is possible beside refusing. `late`: p99 in parts of an unloaded one. */
const REGIMES: readonly { name: string; waitMs: number; computeMs: number; good: number; late: number; seed?: number }[] = [
  { name: 'short requests', waitMs: 10, computeMs: 1, good: 0.99, late: 5 },
  { name: 'requests that compute', waitMs: 10, computeMs: 5, good: 0.99, late: 4 },
  { name: 'requests that compute for long', waitMs: 10, computeMs: 20, good: 0.97, late: 6 },
  { name: 'requests that wait for long', waitMs: 100, computeMs: 5, good: 0.83, late: 2 },
  { name: 'requests that wait and compute for long', waitMs: 100, computeMs: 20, good: 0.86, late: 3 },
  { name: 'requests of random length', waitMs: 10, computeMs: 5, good: 0.92, late: 3, seed: 7 },
]
const CASES = REGIMES.flatMap((regime) => [2, 5, 10].map((times) => ({ ...regime, times })))

function served(load: Load, settings: Partial<AdmissionSettings> = {}): Outcome {
  const { open, clock } = openAdmission()
  const gate = open(settings)
  return serve(clock, new Map([[gate, load]]), { ms: 15_000, from: 5000 }).get(gate)!
}

test.each(CASES)('at $times times what it can serve it serves nearly all it can, in little more time: $name', (regime) => {
  const { good, late, times, seed, ...load } = regime
  const capacity = 1000 / load.computeMs
  const random = seed === undefined ? {} : { random: seededRandom(seed) }
  const unloaded = served({ ...load, ...random, perSecond: capacity / 10 }, { enabled: false })
  const outcome = served({ ...load, ...random, perSecond: times * capacity })
  const possible = capacity * (10 - (total(outcome.refused) * REFUSAL_MS) / 1000)
  expect(outcome.latencies.length).toBeGreaterThan(good * possible)
  expect(quantile(outcome.latencies, 0.99)).toBeLessThan(late * quantile(unloaded.latencies, 0.99))
  expect([...outcome.refused.keys()]).toEqual(['overloaded_loop'])
})

/** A service with eight places for 20 ms each: more than 400 a second it cannot serve. */
test.each([2, 5, 10])('the same at %d times what a slow service can serve, where the latency is limited', (times) => {
  const { open, clock } = openAdmission()
  const gate = open({ latencyMs: 60 })
  const load = { perSecond: times * 400, waitMs: 20, computeMs: 0.1, station: new Station(8) }
  const outcome = serve(clock, new Map([[gate, load]]), { ms: 15_000, from: 5000 }).get(gate)!
  expect(outcome.latencies.length).toBeGreaterThan(0.95 * 4000)
  expect(quantile(outcome.latencies, 0.99)).toBeLessThan(6 * 20)
  expect([...outcome.refused.keys()]).toEqual(['overloaded_latency'])
})

test.each([2, 5, 10])('the same where it is a pool of connections, which tells how long borrowers wait', (times) => {
  const { open, clock } = openAdmission()
  const station = new Station(8)
  const gate = open({ poolWaitMs: 50 }, () => station.waitMs(clock.time))
  const load = { perSecond: times * 400, waitMs: 20, computeMs: 0.1, station }
  const outcome = serve(clock, new Map([[gate, load]]), { ms: 15_000, from: 5000 }).get(gate)!
  expect(outcome.latencies.length).toBeGreaterThan(0.95 * 4000)
  expect(quantile(outcome.latencies, 0.99)).toBeLessThan(6 * 20)
  expect([...outcome.refused.keys()]).toEqual(['overloaded_pool'])
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
