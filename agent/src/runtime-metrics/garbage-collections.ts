/**
 * The garbage collections of this process, by kind: one observer for all who ask. V8 reports a collection soon after it, not within it. Each costs
 * 30 to 90 µs of CPU (measured, in bursts of 34), with one listener or several; V8 has no cheaper source that knows the kind.
 */
import { type PerformanceEntry, PerformanceObserver, constants } from 'node:perf_hooks'
import { SeriesTable } from '../aggregate/series-table.ts'
import { attr, metric } from '../contract/telemetry.ts'
import { guarded } from '../guard/guard.ts'
import type { MetricRecord } from '../otlp/records.ts'

/** As `v8js.gc.type` of the semantic conventions. */
export const gcTypes = ['minor', 'major', 'incremental', 'weakcb'] as const
export type GcType = (typeof gcTypes)[number]

/** V8 has two minor collectors; Node.js has a constant for only one. */
export const MINOR_MARK_SWEEP = 2

const TYPES: Readonly<Record<number, GcType>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [MINOR_MARK_SWEEP]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
}

/** Pauses that are remembered: those of the last seconds, even where the heap is short. */
const MAX_PAUSES = 1024

export interface GcTotals {
  readonly count: number
  readonly timeMs: number
}

interface Pause {
  readonly startMs: number
  readonly endMs: number
}

/** The type declarations of Node.js omit the detail. */
type GcEntry = PerformanceEntry & { readonly detail?: { readonly kind?: number } }

export class GarbageCollections {
  /** By V8's number of the kind. */
  readonly #totals = new Map<number, { count: number; timeMs: number }>()
  readonly #durations: SeriesTable
  readonly #listeners = new Set<() => void>()
  #pauses: Pause[] = []
  #takePending = (): void => {}

  constructor(startMs: number = Date.now()) {
    this.#durations = new SeriesTable(gcTypes.length, startMs)
  }

  /** Takes one in; times are those of the process's clock (`performance.now()`). */
  add(kind: number, startMs: number, durationMs: number): void {
    const total = this.#totals.get(kind) ?? { count: 0, timeMs: 0 }
    this.#totals.set(kind, total)
    total.count++
    total.timeMs += durationMs
    const type = TYPES[kind]
    if (type) this.#durations.at([type, '', 0], () => ({ [attr.gcType]: type })).record(durationMs / 1000)
    this.#pauses.push({ startMs, endMs: startMs + durationMs })
    if (this.#pauses.length >= 2 * MAX_PAUSES) this.#pauses = this.#pauses.slice(-MAX_PAUSES)
  }

  /** Of one kind by V8's number. */
  ofKind(kind: number): GcTotals {
    const { count, timeMs } = this.#totals.get(kind) ?? { count: 0, timeMs: 0 }
    return { count, timeMs }
  }

  ofType(type: GcType): GcTotals {
    return sumOf([...this.#totals].filter(([kind]) => TYPES[kind] === type).map(([, total]) => total))
  }

  all(): GcTotals {
    return sumOf([...this.#totals.values()])
  }

  /** How long JavaScript waited for collections between two times of the process's clock, in milliseconds. */
  pausedWithin(startMs: number, endMs: number): number {
    let sum = 0
    for (let at = this.#pauses.length - 1; at >= 0; at--) {
      const pause = this.#pauses[at] as Pause
      if (pause.endMs <= startMs) break
      sum += Math.max(0, Math.min(pause.endMs, endMs) - Math.max(pause.startMs, startMs))
    }
    return sum
  }

  /** Pauses that ended after a time of the process's clock, in their order. */
  pausesSince(startMs: number): readonly Pause[] {
    return this.#pauses.filter(({ endMs }) => endMs > startMs)
  }

  /** Takes in what Node has and has not handed over yet. */
  takePending(): void {
    this.#takePending()
  }

  /** The durations since the last call, as a metric. */
  collect(nowMs: number): MetricRecord[] {
    const points = this.#durations.collect(nowMs)
    const description = 'Duration of every garbage collection, by kind.'
    const common = { type: 'exponentialHistogram', name: metric.gcDuration, description, unit: 's', temporality: 'delta' } as const
    return points.length > 0 ? [{ ...common, points }] : []
  }

  /** Calls `listener` soon after collections; the result ends that. */
  onCollected(listener: () => void): () => void {
    const own = guarded('gc', listener)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  observe(): this {
    const take = guarded('gc', (entries: readonly GcEntry[]) => {
      for (const entry of entries) this.add(entry.detail?.kind ?? 0, entry.startTime, entry.duration)
      for (const listener of this.#listeners) listener()
    })
    const observer = new PerformanceObserver((list) => take(list.getEntries()))
    observer.observe({ entryTypes: ['gc'] })
    this.#takePending = () => take(observer.takeRecords())
    return this
  }
}

function sumOf(totals: readonly GcTotals[]): GcTotals {
  return totals.reduce((sum, { count, timeMs }) => ({ count: sum.count + count, timeMs: sum.timeMs + timeMs }), { count: 0, timeMs: 0 })
}

let own: GarbageCollections | undefined

/** Those of this thread, from the first call on. */
export function garbageCollections(): GarbageCollections {
  return (own ??= new GarbageCollections().observe())
}
