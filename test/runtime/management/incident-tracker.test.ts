import type { SpyglassEvent } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { noteOf } from '../../../runtime/src/decider/incidents.ts'
import { IncidentTracker } from '../../../runtime/src/management/incident-tracker.ts'

const raised = noteOf({ name: 'spyglass.pool.exhausted', resource: 'pool', message: 'm', time: 1 })

test('what a process had open is cleared with the same id when it is gone', () => {
  const cleared: SpyglassEvent[] = []
  const tracker = new IncidentTracker(
    (event) => cleared.push(event),
    () => 9,
  )
  tracker.seen('http-1', raised)
  tracker.gone('http-2')
  tracker.gone('http-1')
  tracker.gone('http-1')
  expect(cleared).toMatchObject([
    { name: 'spyglass.pool.recovered', phase: 'clear', incidentId: raised.incidentId, resource: 'pool', time: 9 },
  ])
})

test('what a process cleared itself is not cleared again', () => {
  const cleared: SpyglassEvent[] = []
  const tracker = new IncidentTracker((event) => cleared.push(event))
  tracker.seen('http-1', raised)
  tracker.seen('http-1', { ...raised, name: 'spyglass.pool.recovered', phase: 'clear' })
  tracker.gone('http-1')
  expect(cleared).toEqual([])
})

test('an alert outlives the process that raised it: its state is kept, so nothing clears it when that process ends', () => {
  const cleared: SpyglassEvent[] = []
  const tracker = new IncidentTracker((event) => cleared.push(event))
  tracker.seen('collector', noteOf({ name: 'spyglass.alert.firing', resource: 'pool', message: 'm', time: 1 }))
  tracker.gone('collector')
  expect(cleared).toEqual([])
})
