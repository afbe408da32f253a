/**
 * Reads the MBean endpoint at its interval and swaps the snapshot. When polls have failed for over three intervals the rows are
 * withdrawn: old numbers are never shown as new ones.
 */
import type { Oid } from '../ber/oid.ts'
import type { AgentStatus } from '../mib/agent-objects.ts'
import type { MibTable } from '../mib/tables.ts'
import { type ManagedObject, type ObjectTypes, Snapshot } from '../table/snapshot.ts'
import type { ReadTables, ResourceValues } from './jolokia-client.ts'
import type { RowNumbers } from './row-numbers.ts'
import { columnTypes, staleInstances, tableRows } from './rows.ts'

const STALE_AFTER_INTERVALS = 3
const STALE_KIND = 'instance'

export interface PollerOptions {
  readonly read: ReadTables
  readonly tables: readonly MibTable[]
  readonly numbers: RowNumbers
  readonly root: Oid
  readonly intervalMs: number
  readonly status: AgentStatus
  /** Objects beside the tables, the same in every snapshot, and their types. */
  readonly fixed: readonly ManagedObject[]
  readonly fixedTypes: ObjectTypes
  /** Called when polls begin to fail, with the error, and when they work again, without. */
  readonly onChange: (error?: unknown) => void
  readonly now?: () => number
}

export interface Poller {
  snapshot(): Snapshot
  /** One poll, at once; never rejects. */
  poll(): Promise<void>
  /** Polls at the interval until {@link stop}; resolves after the first poll. */
  start(): Promise<void>
  stop(): void
}

export function createPoller(options: PollerOptions): Poller {
  const { read, tables, numbers, root, intervalMs, status, now = Date.now } = options
  const types = [...options.fixedTypes, ...columnTypes(tables, root)]
  let snapshot = Snapshot.of(options.fixed, types)
  let lastInstances: readonly ResourceValues[] = []
  let failing = false
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function build(resources: (table: MibTable, position: number) => readonly ResourceValues[]): Snapshot {
    const rows = tables.flatMap((table, i) => tableRows(table, resources(table, i), numbers, root))
    return Snapshot.of([...options.fixed, ...rows], types)
  }

  function failed(error: unknown): void {
    status.pollErrors++
    if (!failing) options.onChange(error)
    failing = true
    if (status.stale || now() - status.lastPoll <= STALE_AFTER_INTERVALS * intervalMs) return
    status.stale = true
    snapshot = build((table) => (table.kind.name === STALE_KIND ? staleInstances(table, lastInstances) : []))
  }

  async function poll(): Promise<void> {
    try {
      const answers = await read(tables)
      const next = build((_, i) => answers[i] ?? [])
      numbers.save() // no number is shown before it is on disk
      snapshot = next
      lastInstances = answers[tables.findIndex(({ kind }) => kind.name === STALE_KIND)] ?? []
      status.lastPoll = now()
      status.stale = false
      if (failing) options.onChange()
      failing = false
    } catch (error) {
      failed(error)
    }
  }

  /** The next poll begins an interval after this one began, or at once when it took longer. */
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
