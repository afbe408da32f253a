/** The collector as a managed resource. */
import { kinds } from '@spyglass/mbeans/kinds'
import type { Registry } from '@spyglass/agent/registry'
import type { Alerting } from './alert/index.ts'
import type { Ingest } from './ingest.ts'
import type { ReceiveCounters } from './receive/index.ts'
import type { Redactor } from './redact/index.ts'

export interface CollectorParts {
  readonly ingest: Pick<Ingest, 'wal' | 'inserter' | 'readableUntil'>
  readonly counters: ReceiveCounters
  readonly alerting: Pick<Alerting, 'firing' | 'pagesSent' | 'pagesFailed'>
  readonly redactor: Pick<Redactor, 'redacted'>
}

export function registerCollector(registry: Registry, name: string, { ingest, counters, alerting, redactor }: CollectorParts): void {
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
      valuesTruncated: () => counters.truncated,
      segmentsPending: () => ingest.wal?.pending ?? 0,
      walBytes: () => ingest.wal?.bytes ?? 0,
      segmentsInserted: () => ingest.inserter?.inserted ?? 0,
      segmentsQuarantined: () => ingest.inserter?.quarantined ?? 0,
      quarantineBytes: () => ingest.wal?.quarantineBytes ?? 0,
      quarantineDiscarded: () => ingest.wal?.quarantineDiscarded ?? 0,
      insertLag: () => Math.max(0, Date.now() - ingest.readableUntil) / 1000,
      alertsFiring: () => alerting.firing,
      pagesSent: () => alerting.pagesSent,
      pagesFailed: () => alerting.pagesFailed,
      valuesRedacted: () => redactor.redacted,
      acknowledgedRequestsLost: () => ingest.wal?.requestsLost ?? 0,
    },
  )
}
