/**
 * Polls the MBean endpoint and swaps the snapshot. When polls fail for more than three intervals, the rows are withdrawn: stale
 * values are never shown as current ones.
 */
import type { Oid } from '../ber/oid.ts'
import type { AgentStatus } from '../mib/agent-objects.ts'
import type { MibTable } from '../mib/tables.ts'
import { type ManagedObject, type ObjectTypes, Snapshot } from '../table/snapshot.ts'
import type { ReadTables, ResourceValues } from './jolokia-client.ts'
import type { RowNumbers } from './row-numbers.ts'
import { columnTypes, type NumberOf, staleInstances, tableRows } from './rows.ts'

const STALE_AFTER_INTERVALS = 3
const STALE_KIND = 'instance'

export interface PollerOptions {
  readonly read: ReadTables
  readonly tables: readonly MibTable[]
  readonly numbers: RowNumbers
  readonly root: Oid
  readonly intervalMs: number
  readonly status: AgentStatus
  /** Objects beside the tables; `polled` tells whether the endpoint has ever answered. */
  readonly scalars: (polled: boolean) => readonly ManagedObject[]
  /** Types of all scalars. */
  readonly scalarTypes: ObjectTypes
  /** Called with the error when polls begin to fail, and without one when they work again. */
  readonly onChange: (error?: unknown) => void
  /** Called with the error when numbers of new rows cannot be stored, and without one when they can be again. */
  readonly onUnsaved?: (error?: unknown) => void
  readonly now?: () => number
}

export interface Poller {
  snapshot(): Snapshot
  /** Polls once, now; never rejects. */
  poll(): Promise<void>
  /** Polls at the interval until {@link stop}; resolves after the first poll. */
  start(): Promise<void>
  stop(): void
}

type Resources = (table: MibTable, position: number) => readonly ResourceValues[]

export function createPoller(options: PollerOptions): Poller {
  const { read, tables, numbers, root, intervalMs, status, now = Date.now } = options
  const types = [...options.scalarTypes, ...columnTypes(tables, root)]
  let snapshot = Snapshot.of(options.scalars(false), types)
  let lastInstances: readonly ResourceValues[] = []
  let failing = false
  const save = numberSaver(options)
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function build(polled: boolean, resources: Resources, numberOf: NumberOf = numbers.numberOf): Snapshot {
    const rows = tables.flatMap((table, i) => tableRows(table, resources(table, i), numberOf, root))
    return Snapshot.of([...options.scalars(polled), ...rows], types)
  }

  function failed(error: unknown): void {
    status.pollErrors++
    if (!failing) options.onChange(error)
    failing = true
    if (status.stale || now() - status.lastPoll <= STALE_AFTER_INTERVALS * intervalMs) return
    status.stale = true
    snapshot = build(status.lastPoll > 0, (table) => (table.kind.name === STALE_KIND ? staleInstances(table, lastInstances) : []))
  }

  async function poll(): Promise<void> {
    try {
      const answers = await read(tables)
      const resources: Resources = (_, i) => answers[i] ?? []
      const next = build(true, resources)
      snapshot = save() ? next : build(true, resources, numbers.savedNumberOf)
      lastInstances = answers[tables.findIndex(({ kind }) => kind.name === STALE_KIND)] ?? []
      status.lastPoll = now()
      status.stale = false
      if (failing) options.onChange()
      failing = false
    } catch (error) {
      failed(error)
    }
  }

  /** The next poll starts one interval after this one started, or immediately if this one took longer. */
  async function round(): Promise<void> {
    const began = performance.now()
    await poll()
    if (!stopped) timer = setTimeout(() => void round(), Math.max(0, intervalMs - (performance.now() - began)))
  }

  return {
    snapshot: () => snapshot,
    poll,
    start: round,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** No number is shown before it is on disk. Returns false while the disk cannot be written, and reports that once. */
function numberSaver({ numbers, onUnsaved = () => {} }: PollerOptions): () => boolean {
  let isFailing = false
  return () => {
    try {
      numbers.save()
      if (isFailing) onUnsaved()
      isFailing = false
    } catch (error) {
      if (!isFailing) onUnsaved(error)
      isFailing = true
    }
    return !isFailing
  }
}
