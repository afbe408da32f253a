/** The collector as a managed resource. */
import { statfsSync } from 'node:fs'
import { kinds } from '@spyglass/mbeans/kinds'
import { type Registry, sampled } from '@spyglass/agent/registry'
import type { Alerting } from './alert/index.ts'
import type { Ingest } from './ingest.ts'
import type { ReceiveCounters } from './receive/index.ts'
import type { Redactor } from './redact/index.ts'

export interface CollectorParts {
  readonly ingest: Pick<Ingest, 'wal' | 'inserter' | 'readableUntil'>
  readonly counters: ReceiveCounters
  readonly alerting: Pick<Alerting, 'firing' | 'pagesSent' | 'pagesFailed'>
  readonly redactor: Pick<Redactor, 'redacted'>
  /** Of the data. */
  readonly folder: string
}

const DISK_EVERY_MS = 5000

/** What is reserved for root is neither. Undefined when the file system does not tell. */
function diskOf(folder: string): { readonly used: number; readonly size: number } | undefined {
  try {
    const { bavail, bfree, blocks, bsize } = statfsSync(folder)
    const used = (blocks - bfree) * bsize
    return { used, size: used + bavail * bsize }
  } catch {
    return undefined // the folder is not there: other rules say so
  }
}

export function registerCollector(
  registry: Registry,
  name: string,
  { ingest, counters, alerting, redactor, folder }: CollectorParts,
): void {
  const disk = sampled(DISK_EVERY_MS, () => diskOf(folder))
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
      diskUsed: () => disk()?.used,
      diskSize: () => disk()?.size,
      alertsFiring: () => alerting.firing,
      pagesSent: () => alerting.pagesSent,
      pagesFailed: () => alerting.pagesFailed,
      valuesRedacted: () => redactor.redacted,
      acknowledgedRequestsLost: () => ingest.wal?.requestsLost ?? 0,
    },
  )
}
