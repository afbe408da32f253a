import { expect, test } from 'vitest'
import { openAdmission, serve, total } from './simulation.ts'

test('one that is off refuses nothing, and nothing is looked at', () => {
  const { open, clock } = openAdmission()
  const gate = open({ enabled: false, maxInFlight: 1 })
  gate.occupancy.enter()
  gate.occupancy.enter()
  expect([gate.reasonAgainst('/'), gate.state, gate.limit, clock.timers]).toEqual([undefined, 'off', undefined, 0])
})

test('maxInFlight holds without any load; the path of the health check and weights are seen as the application sees them', () => {
  const { open } = openAdmission()
  const gate = open({ maxInFlight: 4, weights: ['/search=50'] })
  gate.occupancy.enter()
  gate.occupancy.enter()
  expect(['/shop/search', '/shop/cart', '/shop/search/x?y'].map((url) => gate.reasonAgainst(url, '/shop'.length))).toEqual([
    'overloaded_limit',
    undefined,
    'overloaded_limit',
  ])
  gate.occupancy.enter()
  gate.occupancy.enter()
  expect(['/cart', '/healthz', '/healthz?x', '/healthzz'].map((url) => gate.reasonAgainst(url))).toEqual([
    'overloaded_limit',
    undefined,
    undefined,
    'overloaded_limit',
  ])
  expect([gate.refusing.total, gate.state]).toEqual([4, 'open'])
})

test('borrowers that wait too long for a pool limit the requests under way, until they do not', () => {
  const { open, clock, told } = openAdmission()
  let waitMs = 0
  const gate = open({}, () => waitMs)
  const load = new Map([[gate, { perSecond: 200, waitMs: 50, computeMs: 0.1 }]])
  expect(total(serve(clock, load, { ms: 12_000 }).get(gate)!.refused)).toBe(0)
  waitMs = 150
  expect([...serve(clock, load, { ms: 2000 }).get(gate)!.refused.keys()]).toEqual(['overloaded_pool'])
  expect([gate.state, told]).toEqual(['limiting', ['overloaded_pool']])
  waitMs = 50
  expect(total(serve(clock, load, { ms: 10_000, from: 3000 }).get(gate)!.refused)).toBe(0)
  expect([gate.state, told.at(-1)]).toEqual(['open', `ended after ${gate.refusing.total}`])
})

test('answers that take too long do as well, where latency is limited', () => {
  const { open, clock } = openAdmission()
  const gate = open({ latencyMs: 80 })
  const quick = new Map([[gate, { perSecond: 200, waitMs: 50, computeMs: 0.1 }]])
  const slow = new Map([[gate, { perSecond: 200, waitMs: 100, computeMs: 0.1 }]])
  expect(total(serve(clock, quick, { ms: 12_000 }).get(gate)!.refused)).toBe(0)
  expect([...serve(clock, slow, { ms: 2000 }).get(gate)!.refused.keys()]).toEqual(['overloaded_latency'])
})
