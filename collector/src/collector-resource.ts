/** The collector as a managed resource. */
import { kinds } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'
import type { Alerting } from './alert/index.ts'
import type { Inserter } from './insert/index.ts'
import type { ReceiveCounters } from './receive/index.ts'
import type { WriteAheadLog } from './wal/index.ts'

export interface CollectorParts {
  readonly wal: WriteAheadLog
  readonly inserter: Inserter
  readonly counters: ReceiveCounters
  readonly alerting: Pick<Alerting, 'firing' | 'pagesSent' | 'pagesFailed'>
}

export function registerCollector(registry: Registry, name: string, { wal, inserter, counters, alerting }: CollectorParts): void {
  registry.register(
    kinds.collector,
    { name },
    {
      name: () => name,
      spansReceived: () => counters.items.traces,
      logRecordsReceived: () => counters.items.logs,
      dataPointsReceived: () => counters.items.metrics,
      requests: () => counters.requests,
      requestsRepeated: () => counters.repeated,
      requestsRefused: () => counters.refused,
      requestsInvalid: () => counters.invalid,
      itemsRejected: () => counters.rejectedItems,
      segmentsPending: () => wal.pending,
      walBytes: () => wal.bytes,
      segmentsInserted: () => inserter.inserted,
      segmentsQuarantined: () => inserter.quarantined,
      insertLag: () => (wal.oldest === undefined ? 0 : Math.max(0, Date.now() - wal.oldest) / 1000),
      alertsFiring: () => alerting.firing,
      pagesSent: () => alerting.pagesSent,
      pagesFailed: () => alerting.pagesFailed,
      acknowledgedRequestsLost: () => wal.requestsLost,
    },
  )
}
