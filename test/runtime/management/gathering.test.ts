import { kindNamed, type SpyglassEvent } from '@spyglass/agent/contract'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { noteOf } from '../../../runtime/src/keeper/incidents.ts'
import { Gathering } from '../../../runtime/src/management/gathering.ts'

const name = 'spyglass:type=Instance,name=http-1'
const push = (source: string, values: Record<string, string | number>) =>
  ({ type: 'source', source, snapshot: { time: 1, resources: [{ kind: 'instance', keys: { name: 'http-1' }, values }] } }) as const

test('a process that goes takes its resources and incidents with it; what the keeper knows stays', () => {
  const registry = createRegistry({ kindNamed })
  const events: SpyglassEvent[] = []
  registry.onEvent((event) => events.push(event))
  const gathering = new Gathering(registry)
  gathering.onMessage(push('keeper', { name: 'http-1', state: 'ready' }))
  gathering.onMessage(push('http-1', { requests: 3 }))
  expect([registry.find(name)?.read('state'), registry.find(name)?.read('requests')]).toEqual(['ready', 3])
  const event = noteOf({ name: 'spyglass.pool.exhausted', resource: 'p', message: 'm', time: 1 })
  gathering.onMessage({ type: 'event', source: 'http-1', event })
  gathering.onMessage({ type: 'gone', source: 'http-1', planned: false })
  expect([registry.find(name)?.read('state'), registry.find(name)?.read('requests')]).toEqual(['ready', undefined])
  expect(events.map((one) => [one.name, one.incidentId])).toEqual([
    ['spyglass.pool.exhausted', event.incidentId],
    ['spyglass.pool.recovered', event.incidentId],
  ])
})
