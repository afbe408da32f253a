import { expect, test } from 'vitest'
import { noteOf } from '../../../runtime/src/decider/incidents.ts'
import { clearOf, endsWithItsProcess } from '../../../runtime/src/management/cleared-incidents.ts'

test('an incident is cleared by the event that is declared to clear it, with its id', () => {
  const raised = noteOf({ name: 'spyglass.pool.exhausted', resource: 'pool', message: 'm', time: 1 })
  expect(clearOf(raised, 'shop-1 exited', 9)).toEqual({
    name: 'spyglass.pool.recovered',
    phase: 'clear',
    severity: 'info',
    incidentId: raised.incidentId,
    resource: 'pool',
    time: 9,
    message: 'shop-1 exited',
    attributes: {},
  })
  expect(clearOf({ ...raised, name: 'spyglass.pool.leak' }, '', 9)).toBeUndefined()
})

test('only a raise that its process does not remember ends with the process', () => {
  const ends = (['spyglass.pool.exhausted', 'spyglass.alert.firing', 'spyglass.pool.leak'] as const).map((name) =>
    endsWithItsProcess(noteOf({ name, resource: 'r', message: 'm', time: 1 })),
  )
  expect(ends).toEqual([true, false, false])
})
