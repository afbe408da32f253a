/**
 * Puts sealed segments into the store, oldest first: each table's file by its name, then a count by Batch, then the segment is retired.
 * A crash between any two steps is mended by the count: what is there already is not inserted again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { TableName } from '@spyglass/agent/contract'
import type { Logger } from '@spyglass/process/logger'
import type { SealedSegment, TableContent } from '../wal/index.ts'
import { fail } from './errors.ts'
import { InsertFailure, type StoreClient } from './store-client.ts'

/** What the inserter asks of the log. */
export interface SegmentSource {
  /** What of the segment still holds; undefined: nothing. */
  verify(segment: SealedSegment): Promise<SealedSegment | undefined>
  retire(segment: SealedSegment): Promise<void>
  quarantine(segment: SealedSegment): Promise<string>
}

export interface InserterOptions {
  readonly store: StoreClient
  readonly source: SegmentSource
  readonly logger: Logger
  /** Called when a segment has been set aside; `folder` is where it lies. */
  readonly onQuarantined: (segment: SealedSegment, folder: string, error: Error) => void
  /** First pause after a failure; it doubles up to 10 s. Default 250. */
  readonly retryMs?: number
}

/** Where a trace id is looked up. */
const LOOKUP: TableName = 'otel_traces_trace_id_ts'
const MAX_LASTING_FAILURES = 3
const MAX_PAUSE_MS = 10_000

export class Inserter {
  inserted = 0
  quarantined = 0
  /** Whether the last attempt reached the store. */
  storeAnswers = true
  readonly #options: InserterOptions
  readonly #queue: SealedSegment[] = []
  /** Lasting failures of a segment; one that is named here was tried before. */
  readonly #attempts = new Map<string, number>()
  readonly #stopping = new AbortController()
  #working: Promise<void> | undefined

  constructor(options: InserterOptions) {
    this.#options = options
  }

  add(segment: SealedSegment): void {
    this.#queue.push(segment)
    if (!this.#stopping.signal.aborted) this.#working ??= this.#work()
  }

  /** Waits until all segments are stored, at most `deadlineMs`, then stops. What is left is found at the next start. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.race([this.#working ?? Promise.resolve(), delay(deadlineMs, undefined, { ref: false })])
    this.#stopping.abort()
  }

  async #work(): Promise<void> {
    let failures = 0
    for (let segment = this.#queue[0]; segment && !this.#stopping.signal.aborted; segment = this.#queue[0]) {
      const done = await this.#store(segment)
      failures = done ? 0 : failures + 1
      if (done) this.#queue.shift()
      else await this.#pause(failures)
    }
    this.#working = undefined
  }

  async #pause(failures: number): Promise<void> {
    const pause = Math.min(MAX_PAUSE_MS, (this.#options.retryMs ?? 250) * 2 ** Math.min(failures - 1, 10))
    await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined) // woken by stop
  }

  /** Whether the segment needs no further attempt. */
  async #store(waiting: SealedSegment): Promise<boolean> {
    const { logger, source, store } = this.#options
    let segment = waiting
    try {
      const whole = await source.verify(waiting)
      if (!whole) return true
      segment = whole
      for (const [table, content] of inReadingOrder(segment.content)) await this.#storeTable({ segment, table, content, store })
      await source.retire(segment)
      this.#attempts.delete(segment.name)
      this.inserted++
      this.storeAnswers = true
      return true
    } catch (error) {
      if (error instanceof InsertFailure && error.kind === 'lasting') return await this.#lastingFailure(segment, error.error)
      const cause = error instanceof InsertFailure ? error.error : error
      if (this.storeAnswers) logger.warn({ segment: segment.name, err: cause }, 'segment not stored yet')
      this.storeAnswers = false
      return false
    }
  }

  async #storeTable({ segment, table, content, store }: Step): Promise<void> {
    const tried = this.#attempts.has(segment.name) || segment.recovered
    if (tried && (await store.count(segment, table, content)) >= content.weight) return // more: damaged since it was stored
    this.#attempts.set(segment.name, this.#attempts.get(segment.name) ?? 0)
    await store.insert(segment, table)
    const counted = await store.count(segment, table, content)
    if (counted >= content.weight) return
    throw new InsertFailure('lasting', fail('SPY_STORE_MISSING_ROWS', [segment.name, table, counted, content.weight]))
  }

  async #lastingFailure(segment: SealedSegment, error: Error): Promise<boolean> {
    const attempts = (this.#attempts.get(segment.name) ?? 0) + 1
    this.#attempts.set(segment.name, attempts)
    this.#options.logger.warn({ segment: segment.name, attempts, err: error }, 'segment refused')
    if (attempts < MAX_LASTING_FAILURES) return false
    try {
      const folder = await this.#options.source.quarantine(segment)
      this.#attempts.delete(segment.name)
      this.quarantined++
      this.#options.onQuarantined(segment, folder, error)
      return true
    } catch (failure) {
      this.#options.logger.error({ segment: segment.name, err: failure }, 'segment cannot be set aside')
      return false
    }
  }
}

interface Step {
  readonly segment: SealedSegment
  readonly table: TableName
  readonly content: TableContent
  readonly store: StoreClient
}

/** What leads to rows goes before the rows: whoever finds a span in a list can look its trace up. */
function inReadingOrder<T>(content: ReadonlyMap<TableName, T>): readonly (readonly [TableName, T])[] {
  return [...content].sort(([a], [b]) => Number(b === LOOKUP) - Number(a === LOOKUP))
}
