import type { SpyglassEvent } from '@spyglass/agent/contract'
import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { expect, test } from 'vitest'
import { Rehearsals } from '../../../collector/src/alert/rehearsal.ts'

function bench() {
  const registry = createRegistry({ kindNamed })
  const events: SpyglassEvent[] = []
  registry.onEvent((event) => events.push(event))
  const timers: { call: () => void; ms: number; isCancelled: boolean }[] = []
  const rehearsals = new Rehearsals({
    registry,
    later(call, ms) {
      const timer = { call, ms, isCancelled: false }
      timers.push(timer)
      return () => (timer.isCancelled = true)
    },
  })
  return {
    rehearsals,
    events,
    timers,
    told: () => events.map(({ name, incidentId }) => `${name.replace('spyglass.pool.', '')} ${incidentId}`),
  }
}

test('a rehearsal raises and clears like a true incident, marked as one, about a pool that does not exist', () => {
  const { rehearsals, events, timers, told } = bench()
  const id = rehearsals.begin({ rule: 'poolExhausted', actor: 'mara' })
  expect(timers[0]?.ms).toBe(60_000)
  timers[0]?.call()
  expect(told()).toEqual([`exhausted ${id}`, `recovered ${id}`])
  for (const { attributes, resource } of events) {
    expect(attributes).toMatchObject({ rehearsal: true })
    expect(resource).toBe('spyglass:type=Datasource,instance=rehearsal,name=rehearsal')
  }
  expect(events[0]).toMatchObject({
    phase: 'raise',
    severity: 'critical',
    message: 'This is a rehearsal by mara: nothing is wrong.',
    attributes: { by: 'mara' },
  })
})

test('one that still runs is cleared before another begins', () => {
  const { rehearsals, timers, told } = bench()
  const first = rehearsals.begin({ rule: 'PoolExhausted', seconds: 10, actor: 'a' })
  const second = rehearsals.begin({ rule: 'PoolExhausted', seconds: 10, actor: 'a' })
  expect(timers.map(({ isCancelled }) => isCancelled)).toEqual([true, false])
  expect(told()).toEqual([`exhausted ${first}`, `recovered ${first}`, `exhausted ${second}`])
})

test('what cannot be rehearsed is refused', () => {
  const { rehearsals, events } = bench()
  for (const given of [{ rule: 'InstanceDown' }, { rule: 'PoolExhausted', seconds: 1 }, { rule: 'PoolExhausted', seconds: '60' }])
    expect(() => rehearsals.begin(given)).toThrow(expect.objectContaining({ code: 'SPY_REHEARSAL_INVALID' }))
  expect(events).toEqual([])
})
