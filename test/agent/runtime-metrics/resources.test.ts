import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
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

test('a stall that is longer than the resolution is seen, without the resolution', async () => {
  const registry = createRegistry({ kindNamed: () => undefined })
  registerEventLoop(registry, 'test', 100)
  await delay(250)
  const until = performance.now() + 400
  while (performance.now() < until);
  await delay(250)
  const seconds = Number(registry.find('nodejs:type=EventLoop,process=test')?.read('delayMax'))
  expect(seconds).toBeGreaterThan(0.25) // at most the resolution of it is missed
})

test('a stall is in exactly one export, however often the resource is read in between', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const registry = createRegistry({ kindNamed: () => undefined })
  const delays = registerEventLoop(registry, 'test', 10)
  const read = () => Number(registry.find('nodejs:type=EventLoop,process=test')?.read('delayMax'))
  await delay(50)
  const end = process.hrtime.bigint() + 400_000_000n
  while (process.hrtime.bigint() < end);
  await delay(50)
  expect(read()).toBeGreaterThan(0.3)
  vi.advanceTimersByTime(6000)
  expect(read()).toBeLessThan(0.3) // another window
  expect(delays.takeHighest().delayMax).toBeGreaterThan(0.3)
  expect(delays.takeHighest().delayMax).toBe(0)
})

test('the process reports its CPU time, memory and age', () => {
  const metrics = processMetrics(1, 2)
  expect(metrics.map(({ name }) => name)).toEqual(['process.cpu.time', 'process.memory.usage', 'process.uptime'])
  for (const metric of metrics) {
    for (const point of metric.points) expect('value' in point && point.value).toBeGreaterThan(0)
  }
})
