import { type ResourceSnapshot, type SpyglassEvent } from '@spyglass/agent/contract'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry, STALE_AFTER_MS } from '@spyglass/agent/registry'
import { expect, onTestFinished, test } from 'vitest'
import { noteOf } from '../../../runtime/src/decider/incidents.ts'
import { Gathering } from '../../../runtime/src/management/gathering.ts'
import { EventJournal } from '../../../runtime/src/management/journal/event-journal.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

const name = 'spyglass:type=Instance,name=http-1'
const snapshotOf = (values: Record<string, string | number>) => ({
  time: 1,
  resources: [{ kind: 'instance', keys: { name: 'http-1' }, values }],
})

/** A journal in a folder of its own, and what it has told. */
function journalOf() {
  const journal = new EventJournal({ folder: tempFolder() })
  onTestFinished(() => journal.close())
  const told: SpyglassEvent[] = []
  journal.onEntry(({ event }) => told.push(event))
  return { journal, told }
}

test('a process that goes takes its resources and incidents with it; what the keeper knows stays', async () => {
  const registry = createRegistry({ kindNamed })
  const { journal, told } = journalOf()
  const gathering = new Gathering({ registry, journal, platformNode: 'http-1' })
  gathering.pushed('keeper', snapshotOf({ name: 'http-1', state: 'ready' }))
  gathering.pushed('http-1', snapshotOf({ requests: 3 }))
  expect([registry.find(name)?.read('state'), registry.find(name)?.read('requests')]).toEqual(['ready', 3])
  const event = noteOf({ name: 'spyglass.pool.exhausted', resource: 'p', message: 'm', time: 1 })
  gathering.event(event, { source: 'http-1' })
  gathering.gone('http-2')
  gathering.gone('http-1')
  expect([registry.find(name)?.read('state'), registry.find(name)?.read('requests')]).toEqual(['ready', undefined])
  gathering.gone('http-1')
  await journal.close()
  expect(told.map((one) => [one.name, one.incidentId])).toEqual([
    ['spyglass.pool.exhausted', event.incidentId],
    ['spyglass.pool.recovered', event.incidentId],
  ])
})

test('an alert outlives the process that raised it: its state is kept, so nothing clears it when that process ends', async () => {
  const { journal, told } = journalOf()
  const gathering = new Gathering({ registry: createRegistry({ kindNamed }), journal, platformNode: 'http-1' })
  gathering.event(noteOf({ name: 'spyglass.alert.firing', resource: 'pool', message: 'm', time: 1 }), { source: 'collector' })
  gathering.gone('collector')
  gathering.onlyThese(new Set(), new Set())
  await journal.close()
  expect(told.map(({ name }) => name)).toEqual(['spyglass.alert.firing'])
})

test('what nobody speaks for any more, and what the keeper does not know, is over', async () => {
  const { journal, told } = journalOf()
  const gathering = new Gathering({ registry: createRegistry({ kindNamed }), journal, platformNode: 'http-1' })
  const raise = (source: string, time: number, name: 'spyglass.pool.exhausted' | 'spyglass.instance.down') => {
    const event = noteOf({ name, resource: source, message: 'm', time })
    gathering.event(event, { source })
    return event.incidentId
  }
  const [kept, over] = [raise('shop-1', 1, 'spyglass.pool.exhausted'), raise('blog-1', 2, 'spyglass.pool.exhausted')]
  const [known, unknown] = [raise('keeper', 3, 'spyglass.instance.down'), raise('keeper', 4, 'spyglass.instance.down')]
  gathering.onlyThese(new Set(['shop-1']), new Set([known]))
  await journal.close()
  expect(told.filter(({ phase }) => phase === 'clear').map(({ incidentId }) => incidentId)).toEqual([over, unknown])
  expect(journal.open.map(({ event }) => event.incidentId)).toEqual([kept, known])
})

/** A server with a clock: the keeper and two instances push on request. */
function server() {
  let now = 1_000_000
  const registry = createRegistry({ kindNamed, now: () => now, staleAfterMs: STALE_AFTER_MS })
  const gathering = new Gathering({ registry, journal: journalOf().journal, platformNode: 'http-1', now: () => now })
  const push = (source: string, resources: readonly ResourceSnapshot[]) => gathering.pushed(source, { time: now, resources })
  const names = ['http-1', 'http-2']
  return {
    registry,
    gathering,
    keeper: () =>
      push('keeper', [
        { kind: 'server', keys: { name: 's' }, values: { name: 's', version: '1.2.3' } },
        ...names.map((name) => ({ kind: 'instance', keys: { name }, values: { name, state: 'ready', uptime: now - 900_000 } })),
      ]),
    instance: (name: string) =>
      push(name, [
        { kind: 'instance', keys: { name }, values: { name, requests: 3 } },
        { kind: 'javaRuntime', keys: {}, values: { Pid: Number(name.at(-1)) } },
        { kind: 'listener', keys: { instance: name, name: 'http' }, values: { state: 'open', connections: 1 } },
      ]),
    wait: (ms: number) => {
      now += ms
    },
    read: (name: string, attribute: string) => registry.find(name)?.read(attribute),
  }
}
const runtime = 'java.lang:type=Runtime'

test('the platform beans are those of one process: while it is down there are none, and never those of another', () => {
  const { registry, gathering, instance, read } = server()
  instance('http-2')
  expect(registry.find(runtime)).toBeUndefined()
  instance('http-1')
  expect(read(runtime, 'Pid')).toBe(1)
  gathering.gone('http-1')
  expect([...registry.beans()].filter(({ kind }) => kind.domain.startsWith('java.'))).toEqual([])
  instance('http-1')
  expect(read(runtime, 'Pid')).toBe(1)
})

test('each process is a node with its own beans, until it is gone', async () => {
  const { gathering, instance } = server()
  for (const name of ['http-1', 'http-2']) instance(name)
  const pid = (name: string) => gathering.nodes.find(name)?.find(runtime)?.read('Pid')
  expect([pid('http-1'), pid('http-2'), pid('nobody'), pid('keeper')]).toEqual([1, 2, undefined, undefined])
  const events: string[] = []
  gathering.nodes.of('http-2').onEvent(({ message }) => events.push(message))
  for (const source of ['http-1', 'http-2'])
    gathering.event(noteOf({ name: 'spyglass.pool.leak', resource: 'p', message: source, time: 1 }), { source })
  await until(() => events.length > 0)
  expect(events).toEqual(['http-2'])
  gathering.gone('http-1')
  expect(gathering.nodes.find('http-1')).toBeUndefined()
})

test('an instance that misses three pushes is unknown, and its values do not grow; with the next push it is ready', () => {
  const { registry, keeper, instance, wait, read } = server()
  const row = (attribute: string) => read(name, attribute)
  const second = (isSilent: boolean) => {
    wait(1000)
    keeper()
    if (!isSilent) instance('http-1')
  }
  second(false)
  second(false)
  expect([row('state'), row('uptime'), row('requests')]).toEqual(['ready', 102_000, 3])
  for (let missed = 1; missed <= 3; missed++) {
    second(true)
    expect(row('state')).toBe('ready')
  }
  wait(600)
  expect([row('state'), row('uptime'), row('requests'), row('lastSeen')]).toEqual(['unknown', 102_000, 3, 1_002_000])
  expect(registry.find(name)).toMatchObject({ isStale: true, sampledAt: 1_002_000 })
  expect(read('spyglass:type=Push,process=http-1', 'age')).toBe(3.6)
  expect(read('spyglass:type=Push,process=keeper', 'age')).toBe(0.6)
  // The state of a kind without `unknown` is not known; a number stays, with its age.
  const listener = 'spyglass:type=Listener,instance=http-1,name=http'
  expect([read(listener, 'state'), read(listener, 'connections')]).toEqual([undefined, 1])
  second(false)
  expect([row('state'), row('uptime')]).toEqual(['ready', 106_600])
})

test('when the keeper is silent nothing that it alone knows is taken for the present', () => {
  const { keeper, instance, wait, read } = server()
  keeper()
  instance('http-1')
  for (let second = 0; second < 5; second++) {
    wait(1000)
    instance('http-1')
  }
  expect(read(name, 'state')).toBe('unknown')
})

test('a node shows its instance whole, the server, and no other instance', () => {
  const { gathering, keeper, instance, wait } = server()
  gathering.pushed('collector', {
    time: 1_000_000,
    resources: [{ kind: 'collector', keys: { name: 'collector' }, values: { name: 'collector' } }],
  })
  instance('http-1')
  instance('http-2')
  keeper()
  const of = (node: string, name: string, attribute: string) => gathering.nodes.find(node)?.find(name)?.read(attribute)
  const one = 'spyglass:type=Instance,name=http-1'
  expect([of('http-1', one, 'state'), of('http-1', one, 'uptime'), of('http-1', one, 'requests')]).toEqual(['ready', 100_000, 3])
  expect(gathering.nodes.find('http-2')?.find(one)).toBeUndefined()
  expect(gathering.nodes.find('collector')?.find(one)).toBeUndefined()
  for (const node of ['http-1', 'http-2', 'collector']) expect(of(node, 'spyglass:type=Server,name=s', 'version')).toBe('1.2.3')
  wait(STALE_AFTER_MS + 1000)
  keeper()
  expect([of('http-1', one, 'state'), of('http-1', one, 'uptime')]).toEqual(['unknown', 100_000])
  gathering.gone('http-1')
  expect(gathering.nodes.find('http-1')).toBeUndefined()
})
