import { expect, test } from 'vitest'
import { kinds } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { registerRuntime } from '@spyglass/agent/runtime-metrics'
import { registryMetrics } from '../../../agent/src/aggregate/registry-metrics.ts'

test('numeric attributes go out under their declared names with the keys as attributes, and a failing getter costs only itself', () => {
  const registry = createRegistry({ kindNamed: () => undefined })
  registry.register(
    kinds.eventLoop,
    { process: 'http-1' },
    {
      process: () => 'http-1',
      utilization: () => 0.5,
      delayP50: () => undefined,
      delayP99: () => {
        throw new TypeError('not now')
      },
      delayMax: () => Number.NaN,
      delayMin: () => undefined,
      delayMean: () => undefined,
      delayStddev: () => undefined,
      delayP90: () => undefined,
      activeTime: () => undefined,
      idleTime: () => undefined,
    },
  )
  expect(registryMetrics(registry, 1, 2)).toEqual([
    {
      type: 'gauge',
      name: 'nodejs.eventloop.utilization',
      description: kinds.eventLoop.attributes.utilization.description,
      unit: '1',
      points: [{ attributes: { process: 'http-1' }, timeMs: 2, value: 0.5 }],
    },
  ])
})

test('counters are cumulative sums since the start, and resources that others pushed are left to them', () => {
  const heap = kinds.v8Heap
  const registry = createRegistry({ kindNamed: () => heap })
  registry.adopt('http-2', { time: 1, resources: [{ kind: 'v8Heap', keys: { process: 'http-2' }, values: { gcCount: 3 } }] })
  expect(registryMetrics(registry, 1, 2)).toEqual([])
  const none = () => undefined
  registry.register(
    heap,
    { process: 'a' },
    {
      process: () => 'a',
      used: none,
      committed: none,
      limit: none,
      external: none,
      arrayBuffers: none,
      gcCount: () => 7n,
      gcTime: none,
    },
  )
  expect(registryMetrics(registry, 1, 2)).toMatchObject([
    { type: 'sum', monotonic: true, temporality: 'cumulative', name: 'spyglass.v8_heap.gc_count', points: [{ startMs: 1, value: 7 }] },
  ])
})

test('keys have the names of the semantic conventions, and attributes of one instrument are points of one metric', () => {
  const registry = createRegistry({ kindNamed: () => undefined })
  registerRuntime(registry, 'a')
  const metrics = registryMetrics(registry, 1, 2)
  const attributesOf = (name: string) => metrics.find((metric) => metric.name === name)?.points.map(({ attributes }) => attributes)
  expect(attributesOf('nodejs.eventloop.time')).toEqual([
    { process: 'a', 'nodejs.eventloop.state': 'active' },
    { process: 'a', 'nodejs.eventloop.state': 'idle' },
  ])
  expect(attributesOf('v8js.memory.heap.used')).toContainEqual({ process: 'a', 'v8js.heap.space.name': 'old_space' })
  expect(attributesOf('spyglass.garbage_collector.count')).toContainEqual({ process: 'a', 'v8js.gc.type': 'major' })
})
