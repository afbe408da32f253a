/** The V8 heap of this process as a resource. */
import { PerformanceObserver, type PerformanceObserverEntryList } from 'node:perf_hooks'
import process from 'node:process'
import { getHeapStatistics } from 'node:v8'
import { v8Heap } from '../contract/kinds/v8-heap.ts'
import { guarded } from '../guard/guard.ts'
import type { Registry } from '../registry/registry.ts'
import { sampled } from '../registry/sampled.ts'

const SHARED_MS = 500

/** Registers the heap under the process's name; its garbage collections are counted from now on, and `onCollection` is called soon after. */
export function registerHeap(registry: Registry, processName: string, onCollection: () => void = () => {}): void {
  let count = 0
  let milliseconds = 0
  const collected = guarded('gc', (list: PerformanceObserverEntryList) => {
    for (const entry of list.getEntries()) {
      count++
      milliseconds += entry.duration
    }
    onCollection()
  })
  new PerformanceObserver(collected).observe({ entryTypes: ['gc'] })
  const heap = sampled(SHARED_MS, getHeapStatistics)
  const memory = sampled(SHARED_MS, () => process.memoryUsage())
  registry.register(
    v8Heap,
    { process: processName },
    {
      process: () => processName,
      used: () => heap().used_heap_size,
      committed: () => heap().total_heap_size,
      limit: () => heap().heap_size_limit,
      external: () => memory().external,
      arrayBuffers: () => memory().arrayBuffers,
      gcCount: () => count,
      gcTime: () => milliseconds / 1000,
    },
  )
}
