/** The V8 heap of this process as resources: the whole, its spaces, and the collections of its garbage. */
import process from 'node:process'
import { type HeapSpaceInfo, getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import { garbageCollector } from '../contract/kinds/garbage-collector.ts'
import { heapSpace } from '../contract/kinds/heap-space.ts'
import { v8Heap } from '../contract/kinds/v8-heap.ts'
import type { Registry } from '../registry/registry.ts'
import { sampled } from '../registry/sampled.ts'
import { garbageCollections, gcTypes } from './garbage-collections.ts'

const SHARED_MS = 500

/** Registers the heap under the process's name; its garbage collections are counted from now on. */
export function registerHeap(registry: Registry, processName: string): void {
  const collections = garbageCollections()
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
      gcCount: () => collections.all().count,
      gcTime: () => collections.all().timeMs / 1000,
    },
  )
  registerSpaces(registry, processName)
  registerCollectors(registry, processName)
}

/** V8 makes no space while it runs. */
function registerSpaces(registry: Registry, processName: string): void {
  const spaces = sampled(SHARED_MS, () => new Map(getHeapSpaceStatistics().map((space) => [space.space_name, space])))
  for (const name of spaces().keys()) {
    const space = (): HeapSpaceInfo | undefined => spaces().get(name)
    registry.register(
      heapSpace,
      { process: processName, name },
      {
        process: () => processName,
        name: () => name,
        used: () => space()?.space_used_size,
        size: () => space()?.space_size,
        available: () => space()?.space_available_size,
        physical: () => space()?.physical_space_size,
      },
    )
  }
}

function registerCollectors(registry: Registry, processName: string): void {
  for (const type of gcTypes) {
    registry.register(
      garbageCollector,
      { process: processName, name: type },
      {
        process: () => processName,
        name: () => type,
        count: () => garbageCollections().ofType(type).count,
        time: () => garbageCollections().ofType(type).timeMs / 1000,
      },
    )
  }
}
