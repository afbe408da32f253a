/** Shows the store as a managed resource. */
import { kinds } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'
import type { Store } from './store.ts'

export interface QueryCounters {
  queries: number
  failed: number
  refused: number
}

export function registerStore(registry: Registry, store: Store, counters: QueryCounters): () => void {
  return registry.register(
    kinds.store,
    { name: 'store' },
    {
      name: () => 'store',
      engineVersion: () => store.engineVersion,
      queries: () => counters.queries,
      queriesFailed: () => counters.failed,
      queriesRefused: () => counters.refused,
      queriesRunning: () => store.running(),
      queriesQueued: () => store.queued(),
      segmentsInserted: () => store.writer.segmentsInserted,
      rows: () => store.size().rows,
      bytesOnDisk: () => store.size().bytesOnDisk,
      parts: () => store.size().parts,
      engineReplacements: () => store.engineReplacements(),
      clientsBackedOff: () => store.backOff.size,
      maxBytes: () => store.space.maxBytes,
      keptFor: () => store.space.daysKept() * 86_400,
      partitionsDropped: () => store.space.partitionsDropped(),
    },
  )
}
