import { expect, test } from 'vitest'
import { createRegistry } from '@spyglass/agent/registry'
import { registerEventLoop } from '../../../agent/src/runtime-metrics/event-loop.ts'
import { registerHeap } from '../../../agent/src/runtime-metrics/heap.ts'
import { processMetrics } from '../../../agent/src/runtime-metrics/process-metrics.ts'

test('the heap and the event loop of the process have real values', () => {
  const registry = createRegistry({ kindNamed: () => undefined })
  registerHeap(registry, 'test')
  registerEventLoop(registry, 'test')
  const heap = registry.find('nodejs:type=Heap,process=test')
  const loop = registry.find('nodejs:type=EventLoop,process=test')
  expect(heap?.read('used')).toBeGreaterThan(1_000_000)
  expect(Number(heap?.read('limit'))).toBeGreaterThan(Number(heap?.read('committed')))
  expect(loop?.read('utilization')).toBeGreaterThanOrEqual(0)
  expect(loop?.read('utilization')).toBeLessThanOrEqual(1)
  for (const name of ['delayP50', 'delayP99', 'delayMax']) expect(loop?.read(name)).toBeGreaterThanOrEqual(0)
})

test('the process reports its CPU time, memory and age', () => {
  const metrics = processMetrics(1, 2)
  expect(metrics.map(({ name }) => name)).toEqual(['process.cpu.time', 'process.memory.usage', 'process.uptime'])
  for (const metric of metrics) {
    for (const point of metric.points) expect('value' in point && point.value).toBeGreaterThan(0)
  }
})
