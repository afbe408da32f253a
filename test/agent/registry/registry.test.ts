import { describe, expect, it } from 'vitest'
import { type RegistrySnapshot, declareKind } from '@spyglass/agent/contract'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'

const thing = declareKind({
  name: 'thing',
  domain: 'test',
  type: 'Thing',
  keys: ['name'],
  description: 'A thing.',
  attributes: {
    size: { type: 'long', role: 'gauge', description: 'Size.' },
    parts: { type: { array: { composite: 'Part', items: { n: 'long' } } }, role: 'text', description: 'Parts.' },
  },
})
const find = (name: string) => (name === 'thing' ? thing : kindNamed(name))
const getters = (size: number | undefined) => ({ size: () => size, parts: () => [{ n: 5n }] })
const pushed = (size: number): RegistrySnapshot => ({ time: 77, resources: [{ kind: 'thing', keys: { name: 'a' }, values: { size } }] })
const NAME = 'test:type=Thing,name=a'

describe('the registry', () => {
  it('gives out own, then pushed, then fallback beans, each name once', () => {
    const registry = createRegistry({ kindNamed: find })
    const size = () => [registry.find(NAME)?.read('size'), [...registry.beans()].length]
    registry.register(thing, { name: 'a' }, getters(3), { fallback: true })
    expect(size()).toEqual([3, 1])
    registry.adopt('p', pushed(2))
    expect(size()).toEqual([2, 1])
    const dispose = registry.register(thing, { name: 'a' }, getters(1))
    expect(size()).toEqual([1, 1])
    dispose()
    registry.adopt('p', { time: 0, resources: [] })
    expect(size()).toEqual([3, 1])
  })

  it('raises its generation when a resource comes or goes, not when values change', () => {
    const registry = createRegistry({ kindNamed: find })
    const raised = (change: () => void) => {
      const before = registry.generation
      change()
      return registry.generation > before
    }
    expect(raised(() => registry.adopt('p', pushed(1)))).toBe(true)
    expect(raised(() => registry.adopt('p', pushed(2)))).toBe(false)
    expect(raised(() => registry.adopt('p', { time: 0, resources: [] }))).toBe(true)
    const dispose = registry.register(thing, { name: 'a' }, getters(1))
    expect(raised(dispose)).toBe(true)
    expect(raised(dispose)).toBe(false)
  })

  it('lets a second registration replace the first, whose disposer then does nothing', () => {
    const registry = createRegistry({ kindNamed: find })
    const first = registry.register(thing, { name: 'a' }, getters(1))
    registry.register(thing, { name: 'a' }, getters(2))
    first()
    expect(registry.find(NAME)?.read('size')).toBe(2)
  })

  it('does not know the state of what is silent, but how it last failed', () => {
    let now = 1000
    const registry = createRegistry({ kindNamed: find, now: () => now, staleAfterMs: 3000 })
    const values = { state: 'ready', lastFailureKind: 'exit', restarts: 2 }
    registry.adopt('p', { time: 1000, resources: [{ kind: 'instance', keys: { name: 'a' }, values }] })
    const seen = () => ['state', 'lastFailureKind', 'restarts'].map((name) => registry.find('spyglass:type=Instance,name=a')?.read(name))
    expect(seen()).toEqual(['ready', 'exit', 2])
    now += 3001
    expect(seen()).toEqual(['unknown', 'exit', 2])
  })

  it('pushes its own resources as JSON, without fallbacks, unknown values and what throws', () => {
    const registry = createRegistry({ kindNamed: find, now: () => 5 })
    registry.register(thing, { name: 'a' }, getters(undefined))
    registry.register(
      thing,
      { name: 'b' },
      {
        ...getters(1),
        size: () => {
          throw new Error('no')
        },
      },
    )
    registry.register(thing, { name: 'c' }, getters(1), { fallback: true })
    const snapshot = registry.snapshot()
    expect(snapshot).toEqual({
      time: 5,
      resources: ['a', 'b'].map((name) => ({ kind: 'thing', keys: { name }, values: { parts: [{ n: 5 }] } })),
    })
    expect(() => JSON.stringify(snapshot)).not.toThrow()
  })

  it('passes over pushed kinds that it does not know', () => {
    const registry = createRegistry({ kindNamed: find })
    registry.adopt('p', { time: 0, resources: [{ kind: 'new kind', keys: {}, values: {} }, ...pushed(1).resources] })
    expect([...registry.beans()].map(({ source, sampledAt }) => [source, sampledAt])).toEqual([['p', 0]])
  })

  it('reads only what is declared or pushed, never what every object has', () => {
    const registry = createRegistry({ kindNamed: find })
    registry.register(thing, { name: 'a' }, getters(1))
    registry.adopt('p', { time: 0, resources: [{ kind: 'thing', keys: { name: 'b' }, values: {} }] })
    for (const name of [NAME, 'test:type=Thing,name=b']) expect(registry.find(name)?.read('constructor')).toBeUndefined()
  })

  it('completes events, and gives a raise an incident id that its clear repeats', () => {
    const registry = createRegistry({ kindNamed: find, now: () => 9 })
    const raise = registry.emit({ name: 'spyglass.pool.exhausted', resource: NAME, message: 'x' })
    expect(raise).toMatchObject({ phase: 'raise', severity: 'critical', time: 9, attributes: {} })
    const clear = registry.emit({ name: 'spyglass.pool.recovered', resource: NAME, message: 'y', incidentId: raise.incidentId })
    expect(clear).toMatchObject({ phase: 'clear', incidentId: raise.incidentId })
  })

  it('delivers to every listener though one throws, and never throws into the emitter', () => {
    const errors: unknown[] = []
    const registry = createRegistry({ kindNamed: find, onListenerError: (error) => errors.push(error) })
    const heard: string[] = []
    registry.onEvent(() => {
      throw new Error('bad listener')
    })
    const stop = registry.onEvent(({ message }) => heard.push(message))
    registry.emit({ name: 'spyglass.pool.leak', resource: NAME, message: '1' })
    stop()
    registry.emit({ name: 'spyglass.pool.leak', resource: NAME, message: '2' })
    expect(heard).toEqual(['1'])
    expect(errors).toHaveLength(2)
  })

  it('keeps the keys of a declared kind in their order', () => {
    const registry = createRegistry({ kindNamed: find })
    registry.adopt('p', { time: 0, resources: [{ kind: 'datasource', keys: { name: 'shop', instance: 'http-1' }, values: {} }] })
    expect(registry.find('spyglass:type=Datasource,instance=http-1,name=shop')?.kind).toBe(kinds.datasource)
  })
})

it('a part of a push replaces what is in it, and the rest of its source stays', () => {
  const registry = createRegistry({ kindNamed })
  const instance = (name: string, pid: number) => ({ kind: 'instance', keys: { name }, values: { name, pid } })
  registry.adopt('keeper', { time: 1, resources: [instance('http-1', 1), instance('http-2', 2)] })
  const { generation } = registry
  registry.update('keeper', { time: 2, resources: [instance('http-2', 3)] })
  expect([...registry.beans()].map((bean) => [bean.keys['name'], bean.read('pid')])).toEqual([
    ['http-1', 1],
    ['http-2', 3],
  ])
  expect(registry.generation).toBe(generation)
  registry.update('other', { time: 2, resources: [instance('http-3', 4)] })
  expect([registry.generation > generation, [...registry.beans()].length]).toEqual([true, 3])
})
