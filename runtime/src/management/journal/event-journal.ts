/**
 * The one list of all events of the server, in order, on disk: management owns it, processes keep what they raise until it is here, and each
 * output reads it from its own cursor ([decision 044](../../../../docs/decisions/044-one-journal-of-events.md)). Without a disk that can be written, events pass
 * through memory and nobody is told that they are kept.
 */
import process from 'node:process'
import { messageOf, nextPosition, type SpyglassEvent } from '@spyglass/agent/contract'
import type { Damage } from '@spyglass/process/durable-file'
import { type JournalEntry, type JournalRecord, JournalState, type ServiceRecord } from './journal-state.ts'
import { Segments } from './segments.ts'

export interface EventJournalOptions {
  readonly folder: string
  readonly onDamage?: (damage: Damage) => void
  /** It cannot be written; called once until it was written again. */
  readonly onFailure?: (error: unknown) => void
  readonly now?: () => number
  /** Pause before another attempt to write. Default 1000. */
  readonly retryMs?: number
}

/** Who emitted an event, and the number that this process gave it. */
export interface EventOrigin {
  readonly source: string
  readonly key?: string | undefined
}

interface Pending {
  readonly position: number
  /** Undefined: only `kept` waits for what is before it. */
  readonly record?: JournalRecord
  readonly kept: () => void
  isPublished: boolean
}

/** Read from memory; older ones from the disk. */
const MAX_RECENT = 500
/** What waits for a disk that cannot be written. Where it can be, the senders bound it by what they keep unacknowledged. */
const MAX_PENDING = 10_000
/** So many in one write: a flood fills several segments, of which only the oldest are deleted. */
const MAX_BATCH = 1000

export class EventJournal {
  readonly #state = new JournalState()
  readonly #segments: Segments
  readonly #now: () => number
  readonly #retryMs: number
  readonly #onFailure: (error: unknown) => void
  readonly #listeners = new Set<(entry: JournalEntry) => void>()
  #pending: Pending[] = []
  #recent: JournalEntry[] = []
  /** Position of the last event that is not in `#recent` any more. */
  #recentAfter = 0
  #last = 0
  #writing: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #problem: string | undefined

  constructor({ folder, onDamage = () => {}, onFailure = () => {}, now = Date.now, retryMs = 1000 }: EventJournalOptions) {
    this.#now = now
    this.#retryMs = retryMs
    this.#onFailure = onFailure
    this.#segments = new Segments({ folder, onDamage })
    try {
      this.#segments.load((record) => {
        this.#state.apply(record)
        if ('entry' in record) this.#recentAfter = record.entry.position
      })
    } catch (error) {
      onFailure(error)
    }
    this.#last = this.#segments.last
  }

  /** Raises that no clear has ended, oldest first. */
  get open(): readonly JournalEntry[] {
    return this.#state.open
  }

  /** Which process was in service for each source when that was last said. */
  get inService(): ReadonlyMap<string, number> {
    return this.#state.inService
  }

  /** Position of the last event; 0 when there is none. */
  get newest(): number {
    return this.#recent.at(-1)?.position ?? this.#recentAfter
  }

  get bytes(): number {
    return this.#segments.bytes
  }

  /** Why it cannot be written. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Takes an event. `kept` is called when it is on the disk, also if it was there before. */
  take(event: SpyglassEvent, { source, key }: EventOrigin, kept: () => void = () => {}): void {
    if (this.#state.hasHeard({ source, event, ...(key === undefined ? {} : { key }) })) return this.#whenWritten(kept)
    const entry = { position: this.#next(), source, ...(key === undefined ? {} : { key }), event }
    this.#add({ entry }, kept)
  }

  /** Takes note of who is in service. */
  serves(service: ServiceRecord): void {
    if (this.#state.inService.get(service.source) === service.pid) return
    this.#next()
    this.#add({ service })
  }

  /** Called with every event as soon as it is kept, or known not to be. */
  onEntry(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Events after the position, oldest first, at most so many. Of what is too old to be kept it has the raises of open incidents. */
  after(position: number, limit: number): readonly JournalEntry[] {
    if (position >= this.#recentAfter) return this.#recent.filter((entry) => entry.position > position).slice(0, limit)
    const first = this.#segments.first ?? this.#recentAfter
    const found = this.open.filter((entry) => entry.position > position && entry.position < first)
    found.push(...this.#segments.after(found.at(-1)?.position ?? position, limit))
    for (const newer of [this.#unwritten(), this.#recent]) {
      const last = found.at(-1)?.position ?? position
      found.push(...newer.filter((entry) => entry.position > last))
    }
    return found.slice(0, limit)
  }

  /** Writes what waits, in one attempt. */
  async close(): Promise<void> {
    clearTimeout(this.#retry)
    await this.#writing
    await this.#write()
    clearTimeout(this.#retry)
    await this.#segments.close()
  }

  #next(): number {
    this.#last = nextPosition(this.#last, this.#now())
    return this.#last
  }

  #add(record: JournalRecord, kept: () => void = () => {}): void {
    this.#state.apply(record)
    const pending = { position: this.#last, record, kept, isPublished: false }
    this.#pending.push(pending)
    if (this.#problem === undefined) this.#writing ??= this.#write()
    else this.#passThrough([pending])
  }

  /** Tells what the disk does not take, and keeps a bounded part of it. Nothing is dropped untold. */
  #passThrough(pending: readonly Pending[]): void {
    this.#publish(pending)
    if (this.#pending.length > MAX_PENDING) this.#pending.splice(0, this.#pending.length - MAX_PENDING)
  }

  /** What was told without being on the disk: an output that is behind finds it nowhere else. */
  #unwritten(): JournalEntry[] {
    return this.#pending.flatMap(({ record, isPublished }) => (isPublished && record && 'entry' in record ? [record.entry] : []))
  }

  /** A repeat of what is not written yet must not be told that it is. */
  #whenWritten(kept: () => void): void {
    if (this.#pending.length === 0 && !this.#writing) return kept()
    this.#pending.push({ position: this.#last, kept, isPublished: true })
  }

  async #write(): Promise<void> {
    await Promise.resolve() // what comes in the same turn is written together
    while (this.#pending.length > 0) {
      const batch = this.#pending.slice(0, MAX_BATCH)
      if (!(await this.#append(batch))) {
        this.#retry = setTimeout(() => void (this.#writing ??= this.#write()), this.#retryMs).unref()
        break
      }
      const written = new Set(batch)
      this.#pending = this.#pending.filter((pending) => !written.has(pending))
      this.#publish(batch)
      for (const { kept } of batch) kept()
    }
    this.#writing = undefined
  }

  async #append(batch: readonly Pending[]): Promise<boolean> {
    const recorded = batch.filter(({ record }) => record !== undefined)
    const [first, last] = [recorded[0]?.position ?? 0, recorded.at(-1)?.position ?? 0]
    const records = recorded.flatMap(({ record }) => record ?? [])
    try {
      if (records.length > 0) await this.#segments.append({ records, first, last }, () => this.#stateBefore(first))
      this.#problem = undefined
      return true
    } catch (error) {
      if (this.#problem === undefined) this.#onFailure(error)
      this.#problem = messageOf(error)
      this.#passThrough(this.#pending)
      return false
    }
  }

  /** Without what follows in the segment: if that is not written any more, its repeat must be news. */
  #stateBefore(first: number) {
    return { open: this.#state.open.filter(({ position }) => position < first), inService: [...this.#state.inService] }
  }

  #publish(batch: readonly Pending[]): void {
    for (const pending of batch) {
      const { record, isPublished } = pending
      if (isPublished || !record || !('entry' in record)) continue
      pending.isPublished = true
      this.#recent.push(record.entry)
      if (this.#recent.length > MAX_RECENT) this.#recentAfter = this.#recent.shift()?.position ?? this.#recentAfter
      for (const listener of this.#listeners) this.#tell(listener, record.entry)
    }
  }

  /** What one listener cannot do must not keep others from it, nor the event from the disk. */
  #tell(listener: (entry: JournalEntry) => void, entry: JournalEntry): void {
    try {
      listener(entry)
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
}
