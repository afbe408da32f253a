import { globSync, readFileSync } from 'node:fs'
import { type EventName, events, incidentId, objectNameOf, type SpyglassEvent } from '@spyglass/agent/contract'
import { kinds, platformKinds } from '@spyglass/mbeans/kinds'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isOfInstances, isOwnIncident, isResourceOf } from '../../../runtime/src/management/instance-events.ts'

const TENANT = ['blog-1', 'blog-2']
const pool = (instance: string): string => objectNameOf(kinds.datasource, { instance, name: 'db' })
const application = (instance: string): string => objectNameOf(kinds.application, { instance, name: 'blog' })

function about(name: EventName, resource: string, time = 1): SpyglassEvent {
  const { phase, severity } = events[name]
  return { name, phase, severity, resource, time, incidentId: incidentId(name, resource, time), message: '', attributes: {} }
}

/** What the sources of an instance's process name. */
function emittedByInstances(): EventName[] {
  const files = globSync('runtime/src/{application,datasource,instance,program}/**/*.ts')
  const names = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'(spyglass\.\w+\.\w+)'/g)].map(([, name]) => name!))
  return [...new Set(names)].filter((name): name is EventName => Object.hasOwn(events, name))
}

test('an instance may tell what its sources emit, about itself', () => {
  const names = emittedByInstances()
  expect(names).toHaveLength(9)
  for (const name of names) {
    const resource = name.startsWith('spyglass.application') ? application : pool
    expect([name, isOfInstances(about(name, resource('blog-2')), TENANT)]).toEqual([name, true])
    expect([name, isOfInstances(about(name, resource('shop-1')), TENANT)]).toEqual([name, false])
  }
})

test('it may tell nothing that the decider, the collector or management tells, whatever it is about', () => {
  const own = new Set<string>(emittedByInstances())
  const resources = [
    pool('blog-1'),
    application('blog-1'),
    objectNameOf(kinds.instance, { name: 'blog-1' }),
    objectNameOf(kinds.instance, { name: 'shop-1' }),
  ]
  for (const name of (Object.keys(events) as EventName[]).filter((one) => !own.has(one)))
    for (const resource of resources) expect([name, isOfInstances(about(name, resource), TENANT)]).toEqual([name, false])
})

test.each([
  'spyglass:type=Datasource,instance=blog-1,instance=shop-1,name=db',
  'spyglass:type=Datasource,instance=shop-1,instance=blog-1,name=db',
  'spyglass:type=Datasource,name=db,instance=blog-1',
  'spyglass:type=Datasource,instance="blog-1",name=db',
  'spyglass:type=Datasource,instance=blog-1,name=db,process=shop-1',
  'spyglass:type=Instance,name=shop-1,instance=blog-1',
  'spyglass:type=Datasource,instance=,name=db',
  'elsewhere:type=Datasource,instance=blog-1,name=db',
  'blog-1',
  '',
])('no name but the one that the instance itself gives its pool is its pool: %s', (resource) => {
  expect(isOfInstances(about('spyglass.pool.exhausted', resource), TENANT)).toBe(false)
})

test('a raise has the id that follows from it, so that nobody takes the one of another incident', () => {
  const raise = about('spyglass.pool.exhausted', pool('blog-1'))
  const ofAnother = incidentId('spyglass.pool.exhausted', pool('shop-1'), 1)
  expect([isOfInstances(raise, TENANT), isOfInstances({ ...raise, incidentId: ofAnother }, TENANT)]).toEqual([true, false])
})

test('no forged event is about another instance', () => {
  const text = fc.oneof(fc.constantFrom('blog-1', 'shop-1', 'Datasource', 'instance', ',', '=', '"', '\\', ':'), fc.string())
  const resource = fc.oneof(
    fc.array(text).map((parts) => `spyglass:type=Datasource,${parts.join('')}`),
    fc.record({ instance: text, name: text }).map((keys) => objectNameOf(kinds.datasource, keys)),
  )
  fc.assert(
    fc.property(resource, (forged) => {
      const names = /^spyglass:type=Datasource,instance=(blog-[12]),name=/.test(forged)
      return names || !isOfInstances(about('spyglass.pool.exhausted', forged), TENANT)
    }),
  )
})

test('an incident is ended only by who began it, and nothing is told about the incident of another one', () => {
  const raise = about('spyglass.pool.exhausted', pool('blog-1'))
  const clear = { ...about('spyglass.pool.recovered', pool('blog-1')), incidentId: raise.incidentId }
  const note = { ...about('spyglass.pool.leak', pool('blog-1')), incidentId: raise.incidentId }
  const alert = { ...about('spyglass.alert.firing', pool('blog-1')), incidentId: raise.incidentId }
  const open = (...entries: [source: string, event: SpyglassEvent][]) => entries.map(([source, event]) => ({ position: 1, source, event }))
  const may = (entries: ReturnType<typeof open>) => [raise, clear, note].map((event) => isOwnIncident(event, 'blog-1', entries))
  expect([
    may([]),
    may(open(['shop-1', raise])),
    may(open(['collector', alert])),
    may(open(['blog-1', raise], ['collector', alert])),
  ]).toEqual([
    [true, false, true],
    [false, false, false],
    [false, false, false],
    [true, true, true],
  ])
})

test('a hundred open incidents are all that one instance may have', () => {
  const entries = Array.from({ length: 100 }, (_, time) => ({
    position: time,
    source: 'blog-1',
    event: about('spyglass.pool.exhausted', pool('blog-1'), time),
  }))
  const next = about('spyglass.pool.exhausted', pool('blog-1'), 1000)
  expect([isOwnIncident(next, 'blog-1', entries), isOwnIncident(next, 'blog-2', entries)]).toEqual([false, true])
})

test.each([
  ['datasource', { instance: 'blog-2', name: 'db' }, true],
  ['datasource', { instance: 'shop-1', name: 'db' }, false],
  ['instance', { name: 'blog-1' }, true],
  ['instance', { name: 'shop-1' }, false],
  ['instance', { name: 'shop-1', instance: 'blog-1' }, false],
  ['server', { name: 'west' }, false],
  ['alert', { rule: 'InstanceDown', incident: '1' }, false],
  ['incident', { id: '1' }, false],
  [platformKinds.hikariPool.name, { name: 'db' }, false],
  [platformKinds.javaRuntime.name, {}, true],
  ['no such', { instance: 'blog-1' }, false],
])('of the resources that it shows those of others do not count: %s %o', (kind, keys, isOwn) => {
  expect(isResourceOf({ kind, keys, values: {} }, TENANT)).toBe(isOwn)
})
