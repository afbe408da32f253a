/** Counts garbage collections by kind, from the entries of perf_hooks. */
import { type PerformanceEntry, PerformanceObserver, constants } from 'node:perf_hooks'

/** Kinds of collection, and the spaces of the heap each one collects. */
export const GARBAGE_COLLECTIONS: Readonly<Record<string, readonly string[]>> = {
  Scavenge: ['new_space', 'new_large_object_space'],
  MinorMarkSweep: ['new_space', 'new_large_object_space'],
  MarkSweepCompact: ['new_space', 'old_space', 'code_space', 'trusted_space', 'large_object_space', 'code_large_object_space'],
  IncrementalMarking: ['old_space', 'code_space', 'large_object_space'],
  WeakCallbacks: [],
}

/** V8 has two minor collectors; Node.js has a constant for only one. */
const MINOR_MARK_SWEEP = 2

const NAMES: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'Scavenge',
  [MINOR_MARK_SWEEP]: 'MinorMarkSweep',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'MarkSweepCompact',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'IncrementalMarking',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'WeakCallbacks',
}

/** The type declarations of Node.js omit the detail. */
type GcEntry = PerformanceEntry & { readonly detail?: { readonly kind?: number } }

export interface GarbageCollectionWatch {
  totals(name: string): { readonly count: number; readonly timeMs: number }
  stop(): void
}

/** Starts observing; `onCollected` is called soon after each collection. */
export function watchGarbageCollection(onCollected: () => void = () => {}): GarbageCollectionWatch {
  const totals = new Map(Object.keys(GARBAGE_COLLECTIONS).map((name) => [name, { count: 0, timeMs: 0 }]))
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as GcEntry[]) {
      const total = totals.get(NAMES[entry.detail?.kind ?? 0] ?? '')
      if (!total) continue
      total.count++
      total.timeMs += entry.duration
    }
    onCollected()
  })
  observer.observe({ entryTypes: ['gc'] })
  return {
    totals: (name) => totals.get(name) ?? { count: 0, timeMs: 0 },
    stop: () => observer.disconnect(),
  }
}
