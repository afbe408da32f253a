import { expect, test } from 'vitest'
import { Evaluator, type Raise } from '../../../collector/src/alert/evaluator.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'

function bench() {
  let now = 1_000_000
  const incidents: Incident[] = []
  const told: string[] = []
  let saves = 0
  const evaluator = new Evaluator({
    incidents,
    save: () => void saves++,
    now: () => now,
    onTransition: (incident, to) => told.push(`${incident.id} ${to}`),
  })
  const pass = (ms: number): void => {
    now += ms
    evaluator.tick()
  }
  const raise = (id: string, over: Partial<Raise> = {}): void =>
    evaluator.raise({ id, rule: 'R', severity: 'critical', resource: 'a:type=A', summary: 's', since: now, delayMs: 1000, ...over })
  return { evaluator, incidents, told, pass, raise, saves: () => saves }
}

test('an incident fires when it has lasted, and not before', () => {
  const { told, pass, raise, evaluator } = bench()
  raise('1')
  pass(999)
  expect(told).toEqual(['1 pending'])
  pass(1)
  expect(told).toEqual(['1 pending', '1 firing'])
  evaluator.stop()
})

test('one that clears while pending leaves no trace', () => {
  const { told, pass, raise, evaluator, incidents } = bench()
  raise('1')
  evaluator.clear({ rule: 'R', resource: 'a:type=A', id: '1' })
  pass(5000)
  expect(told).toEqual(['1 pending', '1 dropped'])
  expect(incidents).toEqual([])
})

test('a firing incident resolves by the clear of the same id, once', () => {
  const { told, raise, evaluator } = bench()
  raise('1', { delayMs: 0 })
  evaluator.clear({ rule: 'R', resource: 'a:type=A', id: 'other' })
  evaluator.clear({ rule: 'R', resource: 'a:type=A', id: '1' })
  evaluator.clear({ rule: 'R', resource: 'a:type=A', id: '1' })
  expect(told).toEqual(['1 pending', '1 firing', '1 resolved'])
  expect(evaluator.find('1')?.resolvedAt).toBe(1_000_000)
})

test('a raise heard twice counts once, even after it resolved', () => {
  const { told, raise, evaluator } = bench()
  raise('1', { delayMs: 0 })
  raise('1', { delayMs: 0 })
  evaluator.clear({ rule: 'R', resource: 'a:type=A', id: '1' })
  raise('1', { delayMs: 0 })
  expect(told).toEqual(['1 pending', '1 firing', '1 resolved'])
})

test('while an incident settles a further raise of its resource keeps it firing', () => {
  const { told, pass, raise, evaluator } = bench()
  raise('1', { delayMs: 0, settleMs: 1000 })
  evaluator.clear({ rule: 'R', resource: 'a:type=A', id: '1' })
  pass(500)
  raise('2', { delayMs: 0 })
  pass(5000)
  expect(told).toEqual(['1 pending', '1 firing'])
  evaluator.clear({ rule: 'R', resource: 'a:type=A', id: '2' })
  pass(999)
  expect(told).toHaveLength(2)
  pass(1)
  expect(told.at(-1)).toBe('1 resolved')
})

test('a pending incident whose clear was missed gives way to the newer raise', () => {
  const { told, raise, evaluator } = bench()
  raise('1')
  raise('2')
  expect(told).toEqual(['1 pending', '1 dropped', '2 pending'])
  evaluator.stop()
})

test('the last hundred resolved incidents are kept, and the state is saved before anyone is notified', () => {
  const { raise, evaluator, incidents, saves } = bench()
  for (let i = 0; i < 150; i++) {
    raise(String(i), { delayMs: 0, resource: `a:type=A,n=${i}` })
    evaluator.amend(String(i), { announced: 'resolved' })
    evaluator.clear({ rule: 'R', resource: `a:type=A,n=${i}`, id: String(i) })
  }
  expect(incidents.length).toBeLessThanOrEqual(101)
  expect(saves()).toBeGreaterThan(300)
})

test('a raise that cleared is known, also one that another incident took in, or that cleared while it was pending', () => {
  const { told, raise, evaluator, incidents } = bench()
  const clear = (id: string): void => evaluator.clear({ rule: 'R', resource: 'a:type=A', id })
  raise('dropped')
  clear('dropped')
  raise('dropped', { delayMs: 0 })
  expect(told.splice(0)).toEqual(['dropped pending', 'dropped dropped'])
  raise('1', { delayMs: 0 })
  raise('2', { delayMs: 0 })
  clear('2')
  raise('2', { delayMs: 0 })
  expect(evaluator.find('1')?.open).toEqual(['1'])
  clear('1')
  for (const id of ['1', '2']) raise(id, { delayMs: 0 })
  expect(told).toEqual(['1 pending', '1 firing', '1 resolved'])
  const restarted = new Evaluator({
    incidents: JSON.parse(JSON.stringify(incidents)) as Incident[],
    save: () => {},
    onTransition: () => {},
  })
  expect(['1', '2', '3'].map((id) => restarted.knows(id))).toEqual([true, true, false])
})
