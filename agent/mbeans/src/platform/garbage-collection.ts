/** Garbage collections by the kinds of V8, which has more of them than `v8js.gc.type` names. */
import { constants } from 'node:perf_hooks'
import { garbageCollections, type GcTotals, MINOR_MARK_SWEEP } from '@spyglass/agent/runtime-metrics'

/** Kinds of collection, and the spaces of the heap each one collects. */
export const GARBAGE_COLLECTIONS: Readonly<Record<string, readonly string[]>> = {
  Scavenge: ['new_space', 'new_large_object_space'],
  MinorMarkSweep: ['new_space', 'new_large_object_space'],
  MarkSweepCompact: ['new_space', 'old_space', 'code_space', 'trusted_space', 'large_object_space', 'code_large_object_space'],
  IncrementalMarking: ['old_space', 'code_space', 'large_object_space'],
  WeakCallbacks: [],
}

const KINDS: Readonly<Record<string, number>> = {
  Scavenge: constants.NODE_PERFORMANCE_GC_MINOR,
  MinorMarkSweep: MINOR_MARK_SWEEP,
  MarkSweepCompact: constants.NODE_PERFORMANCE_GC_MAJOR,
  IncrementalMarking: constants.NODE_PERFORMANCE_GC_INCREMENTAL,
  WeakCallbacks: constants.NODE_PERFORMANCE_GC_WEAKCB,
}

/** Collections of one kind since the process began to count them. */
export function collectionsOf(name: string): GcTotals {
  return garbageCollections().ofKind(KINDS[name] ?? 0)
}
