/**
 * Inserts sealed segments into the store, oldest first. Waiting segments are inserted together: one INSERT per table, whatever their number,
 * because an insert costs the same for few rows as for many. Then one count by Batch of all tables verifies them, and they are retired.
 *
 * The log notes before each INSERT what goes into which table. After a crash or a lost answer exactly that INSERT is repeated, with its
 * token: the store drops what it already has, even if the first one is still running there.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { TableName } from '@spyglass/agent/contract'
import type { Logger } from '@spyglass/process/logger'
import type { Inserting, SealedSegment } from '../wal/index.ts'
import { fail } from './errors.ts'
import { type Group, nextGroup, tablesOf } from './group.ts'
import { InsertFailure, type Members, type StoreClient } from './store-client.ts'

/** What the inserter needs from the log. */
export interface SegmentSource {
  /** The intact part of the segment; undefined when there is none. */
  verify(segment: SealedSegment): Promise<SealedSegment | undefined>
  retire(segment: SealedSegment): Promise<void>
  quarantine(segment: SealedSegment): Promise<string>
  /** The last recorded INSERT, possibly of an earlier process. */
  readonly inserting: Inserting | undefined
  noteInserting(inserting: Inserting): Promise<void>
}

export interface InserterOptions {
  readonly store: StoreClient
  readonly source: SegmentSource
  readonly logger: Logger
  /** Called when a segment has been set aside; `folder` is where it is now. */
  readonly onQuarantined: (segment: SealedSegment, folder: string, error: Error) => void
  /** First pause after a failure; it doubles up to 10 s. Default 250. */
  readonly retryMs?: number
}

const MAX_LASTING_FAILURES = 3
const MAX_PAUSE_MS = 10_000

export class Inserter {
  inserted = 0
  quarantined = 0
  /** Whether the last attempt reached the store. */
  storeAnswers = true
  readonly #options: InserterOptions
  #queue: SealedSegment[] = []
  /** Attempted and not yet in the store: it stays unchanged until it is. */
  #group: Group | undefined
  /** Permanent failures of segments that are inserted one by one, because the store refused one of their group. */
  readonly #alone = new Map<string, number>()
  #inserting: Inserting | undefined
  readonly #stopping = new AbortController()
  #working: Promise<void> | undefined

  constructor(options: InserterOptions) {
    this.#options = options
    this.#inserting = options.source.inserting
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
    await Promise.resolve() // segments handed over together are inserted together
    while (this.#queue.length > 0 && !this.#stopping.signal.aborted) {
      this.#group ??= nextGroup(this.#queue, { alone: this.#alone, inserting: this.#inserting })
      const isDone = await this.#store(this.#group)
      failures = isDone ? 0 : failures + 1
      if (!isDone) await this.#pause(failures)
    }
    this.#working = undefined
  }

  async #pause(failures: number): Promise<void> {
    const pause = Math.min(MAX_PAUSE_MS, (this.#options.retryMs ?? 250) * 2 ** Math.min(failures - 1, 10))
    await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined) // woken by stop
  }

  /** Whether the group needs no further attempt. */
  async #store(group: Group): Promise<boolean> {
    const { logger } = this.#options
    try {
      group.segments = await this.#verified(group.segments)
      await this.#expectStored(await this.#storeTables(group))
      for (const segment of group.segments) await this.#retire(segment)
      this.#inserting = undefined
      this.#group = undefined
      this.storeAnswers = true
      return true
    } catch (error) {
      group.wasTried = true
      if (error instanceof InsertFailure && error.kind === 'lasting') return await this.#refused(group, error.error)
      const cause = error instanceof InsertFailure ? error.error : error
      if (this.storeAnswers)
        logger.warn({ segments: group.segments.length, first: group.segments[0]?.name, err: cause }, 'could not store segments yet')
      this.storeAnswers = false
      return false
    }
  }

  async #verified(segments: readonly SealedSegment[]): Promise<SealedSegment[]> {
    const whole: SealedSegment[] = []
    for (const segment of segments) {
      const rest = await this.#options.source.verify(segment)
      if (rest) whole.push(rest)
      else this.#forget(segment)
    }
    return whole
  }

  async #retire(segment: SealedSegment): Promise<void> {
    await this.#options.source.retire(segment)
    this.#forget(segment)
    if (this.#group) this.#group.segments = this.#group.segments.filter(({ name }) => name !== segment.name)
    this.inserted++
  }

  #forget({ name }: SealedSegment): void {
    this.#alone.delete(name)
    this.#queue = this.#queue.filter((other) => other.name !== name)
  }

  /** What it inserted. */
  async #storeTables(group: Group): Promise<Members> {
    const inserted = new Map<TableName, readonly SealedSegment[]>()
    for (const table of tablesOf(group.segments)) inserted.set(table, await this.#storeTable(group, table))
    return inserted
  }

  /** Returns the segments that it inserted. */
  async #storeTable({ segments, wasTried }: Group, table: TableName): Promise<SealedSegment[]> {
    const members = segments.filter(({ content }) => content.has(table))
    const begun = this.#inserting?.table === table ? this.#inserting : undefined
    const missing = wasTried || begun || members.some(({ recovered }) => recovered) ? await this.#missingOf(table, members) : members
    const again = begun ? members.filter(({ name }) => begun.segments.includes(name)) : []
    const repeated = begun && again.some((segment) => missing.includes(segment)) ? again : []
    if (begun && repeated.length > 0) await this.#insert(repeated, begun)
    const rest = missing.filter((segment) => !again.includes(segment))
    if (rest.length > 0) await this.#insert(rest, { table, segments: rest.map(({ name }) => name) })
    return [...repeated, ...rest]
  }

  async #missingOf(table: TableName, members: readonly SealedSegment[]): Promise<readonly SealedSegment[]> {
    return (await this.#missing(new Map([[table, members]]))).get(table) ?? []
  }

  async #insert(segments: readonly SealedSegment[], inserting: Inserting): Promise<void> {
    const { store, source } = this.#options
    await source.noteInserting(inserting)
    this.#inserting = inserting
    await store.insert(segments, inserting)
  }

  async #expectStored(inserted: Members): Promise<void> {
    for (const [table, [missing]] of await this.#missing(inserted))
      if (missing) throw new InsertFailure('lasting', fail('SPY_STORE_MISSING_ROWS', [missing.name, table]))
  }

  /** Segments whose rows are incomplete. More rows than expected: the segment was damaged after it had been stored. */
  async #missing(members: Members): Promise<Members> {
    const asked = new Map([...members].filter(([, segments]) => segments.length > 0))
    if (asked.size === 0) return asked
    const counted = await this.#options.store.count(asked)
    const isIncomplete = (table: TableName, { name, content }: SealedSegment): boolean =>
      (counted.get(table)?.get(name) ?? 0) < (content.get(table)?.weight ?? 0)
    return new Map(Array.from(asked, ([table, segments]) => [table, segments.filter((segment) => isIncomplete(table, segment))]))
  }

  /** The store refused this permanently. */
  async #refused({ segments }: Group, error: Error): Promise<boolean> {
    this.#group = undefined
    this.#inserting = undefined
    const [segment] = segments
    if (segments.length !== 1 || !segment) {
      this.#options.logger.warn(
        { segments: segments.length, err: error },
        'the store refused a batch of segments; inserting them one by one',
      )
      for (const { name } of segments) this.#alone.set(name, 0)
      return segments.length === 0
    }
    const attempts = (this.#alone.get(segment.name) ?? 0) + 1
    this.#alone.set(segment.name, attempts)
    this.#options.logger.warn({ segment: segment.name, attempts, err: error }, 'segment refused')
    return attempts >= MAX_LASTING_FAILURES && (await this.#setAside(segment, error))
  }

  async #setAside(segment: SealedSegment, error: Error): Promise<boolean> {
    try {
      const folder = await this.#options.source.quarantine(segment)
      this.#forget(segment)
      this.quarantined++
      this.#options.onQuarantined(segment, folder, error)
      return true
    } catch (failure) {
      this.#options.logger.error({ segment: segment.name, err: failure }, 'cannot set a segment aside')
      return false
    }
  }
}
