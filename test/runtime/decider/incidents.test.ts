import type { SpyglassEvent } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { DownIncidents } from '../../../runtime/src/decider/incidents.ts'

test('an instance that falls several times before it is back has one incident, cleared once with the same id', () => {
  const events: SpyglassEvent[] = []
  const incidents = new DownIncidents(
    (event) => events.push(event),
    [],
    () => 42,
  )
  incidents.up('i', 'never was down', {})
  incidents.down('i', 'first', { pid: 1 })
  incidents.down('i', 'again', {})
  incidents.up('i', 'back', {})
  incidents.up('i', 'back', {})
  expect(events.map(({ name }) => name)).toEqual(['spyglass.instance.down', 'spyglass.instance.up'])
  expect(events[0]!.incidentId).toBe(events[1]!.incidentId)
  expect(events[0]).toMatchObject({ phase: 'raise', severity: 'critical', time: 42, attributes: { pid: 1 } })
})

test('an incident that an earlier decider opened is cleared with its id', () => {
  const [first, second]: SpyglassEvent[][] = [[], []]
  const before = new DownIncidents((event) => first!.push(event))
  before.down('i', 'm', {})
  const after = new DownIncidents((event) => second!.push(event), before.open)
  after.down('i', 'still', {})
  after.up('i', 'back', {})
  expect(second!.map(({ name, incidentId }) => [name, incidentId])).toEqual([['spyglass.instance.up', first![0]!.incidentId]])
})
