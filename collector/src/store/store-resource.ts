/** Shows the store as a managed resource. */
import { objectNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { EventInput, Registry } from '@spyglass/agent/registry'
import type { Store } from './store.ts'

const NAME = 'store'

export interface QueryCounters {
  queries: number
  failed: number
  refused: number
}

export function registerStore(registry: Registry, store: Store, counters: QueryCounters): () => void {
  return registry.register(
    kinds.store,
    { name: NAME },
    {
      name: () => NAME,
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

/** Readers were interrupted and sessions lost: an operator must be able to see when and why. */
export const engineReplaced = (reason: string): EventInput => ({
  name: 'spyglass.engine.replaced',
  resource: objectNameOf(kinds.store, { name: NAME }),
  message: `the database engine was replaced: ${reason}`,
  attributes: { reason },
})
