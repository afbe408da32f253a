/**
 * The write-ahead log: takes the blocks of a request, makes them durable together with those of other requests that wait at the same
 * time (group commit), and hands over sealed segments whose files are the insert files. Traces and the rest have segments of their own,
 * since the rest is sealed less often: an insert costs some 20 ms of CPU whatever its size.
 */
import { join } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import type { TableBlock } from '../native/table-block.ts'
import { fail } from './errors.ts'
import { type FileLayer, nodeFileLayer } from './file-layer.ts'
import { type Identity, segmentName } from './identity.ts'
import type { JournalEntry, TailOffset } from './journal.ts'
import { DONE, QUARANTINE, recover, type RecoveredSegment } from './recovery.ts'
import { MEMORY_MS, RepeatMemory } from './repeat-memory.ts'
import { type Addition, type Content, JOURNAL, SegmentWriter } from './segment.ts'

export type Lane = 'traces' | 'others'

export interface Submission {
  readonly lane: Lane
  /** Of signal and body; empty when no request brought the rows. */
  readonly hash: string
  readonly items: number
  readonly blocks: readonly TableBlock[]
  readonly tail?: readonly TailOffset[]
}

/** A segment that nothing is added to any more. */
export interface SealedSegment {
  /** Also the Batch of its rows. */
  readonly name: string
  readonly folder: string
  readonly content: Content
  /** When its first entry was taken. */
  readonly time: number
  /** Whether it was found at start: parts of it may be in the store already. */
  readonly recovered: boolean
  readonly bytes: number
}

export interface WalOptions {
  readonly root: string
  readonly identity: Identity
  readonly maxBytes: number
  readonly sealMs: Readonly<Record<Lane, number>>
  readonly files?: FileLayer
  readonly now?: () => number
  /** A segment is sealed before it grows beyond this. Default 64 MiB and 500,000 rows: more become two parts in the store. */
  readonly segmentBytes?: number
  readonly segmentRows?: number
}

interface Waiting {
  readonly addition: Addition
  readonly bytes: number
  readonly resolve: (result: 'stored') => void
  readonly reject: (error: unknown) => void
}

interface OpenSegment {
  readonly writer: SegmentWriter
  readonly lane: Lane
  queue: Waiting[]
  /** Of what is committed and what waits. */
  bytes: number
  rows: number
  closing: boolean
  needsRollBack: boolean
  timer: NodeJS.Timeout | undefined
}

const MAX_WAITING_BYTES = 67_108_864
const ROLL_BACK_RETRY_MS = 1000
const PURGE_MS = 60_000

export class WriteAheadLog {
  droppedBytes = 0
  /** Why the last write failed; undefined when it did not. */
  failure: string | undefined
  readonly #options: WalOptions
  readonly #files: FileLayer
  readonly #now: () => number
  readonly #memory = new RepeatMemory()
  readonly #inFlight = new Map<string, Promise<'stored'>>()
  readonly #current = new Map<Lane, OpenSegment>()
  readonly #unsealed = new Set<OpenSegment>()
  readonly #sealed = new Map<string, SealedSegment>()
  readonly #offsets = new Map<string, TailOffset>()
  #onSealed: (segment: SealedSegment) => void = () => {}
  #sequence = 0
  #segments = 0
  #waitingBytes = 0
  #flushing: Promise<void> | undefined
  #closed = false
  #lastPurge = 0

  private constructor(options: WalOptions) {
    this.#options = options
    this.#files = options.files ?? nodeFileLayer
    this.#now = options.now ?? Date.now
  }

  /** Recovers what is there and opens the log. */
  static async open(options: WalOptions): Promise<WriteAheadLog> {
    const log = new WriteAheadLog(options)
    for (const folder of [options.root, join(options.root, DONE), join(options.root, QUARANTINE)]) await log.#files.makeFolder(folder)
    const { segments, remembered, droppedBytes } = await recover(log.#files, options.root)
    log.droppedBytes = droppedBytes
    const entries = [...remembered, ...segments.flatMap((segment) => segment.entries)].sort((one, other) => one.time - other.time)
    for (const entry of entries) log.#remember(entry)
    for (const segment of segments) log.#handOver(sealedFrom(segment, options.root))
    return log
  }

  /** Hands over every sealed segment, oldest first: at once those that are there, the others when they are sealed. */
  subscribe(onSealed: (segment: SealedSegment) => void): void {
    this.#onSealed = onSealed
    for (const segment of this.#sealed.values()) onSealed(segment)
  }

  /** Bytes on disk and on the way there. */
  get bytes(): number {
    let sum = 0
    for (const { bytes } of this.#sealed.values()) sum += bytes
    for (const { bytes } of this.#unsealed) sum += bytes
    return sum
  }

  get pending(): number {
    return this.#sealed.size
  }

  /** When the oldest data not yet in the store was taken; undefined when there is none. */
  get oldest(): number | undefined {
    let oldest: number | undefined
    for (const { time } of this.#sealed.values()) oldest = Math.min(oldest ?? time, time)
    for (const { writer } of this.#unsealed)
      if (writer.firstTime !== undefined) oldest = Math.min(oldest ?? writer.firstTime, writer.firstTime)
    return oldest
  }

  /** How far each log file was read, as of the last commit. */
  tailOffset(file: string): TailOffset | undefined {
    return this.#offsets.get(file)
  }

  get tailOffsets(): TailOffset[] {
    return [...this.#offsets.values()]
  }

  /** Gives offsets from before the journals that are still there. */
  seedTailOffsets(offsets: readonly TailOffset[]): void {
    for (const offset of offsets) if (!this.#offsets.has(offset.file)) this.#offsets.set(offset.file, offset)
  }

  /**
   * Stores the blocks; resolves when they are durable. A body that was stored within ten minutes resolves as `repeated`.
   * The blocks are encoded before the call returns, so their buffers may be used again at once.
   * @throws SPY_WAL_FULL, SPY_WAL_BUSY, SPY_WAL_WRITE, SPY_WAL_CLOSED
   */
  async append(submission: Submission): Promise<'stored' | 'repeated'> {
    const { hash } = submission
    if (hash !== '') {
      const underWay = this.#inFlight.get(hash)
      if (underWay) return await underWay.then(() => 'repeated' as const)
      if (this.#memory.has(hash, this.#now())) return 'repeated'
    }
    const stored = this.#enqueue(submission)
    if (hash === '') return await stored
    this.#inFlight.set(hash, stored)
    try {
      return await stored
    } finally {
      this.#inFlight.delete(hash)
    }
  }

  /** The segment is in the store: forget it, but keep its journal for the memory of repeated bodies. */
  async retire(segment: SealedSegment): Promise<void> {
    await this.#keepJournal(segment)
    await this.#files.remove(segment.folder)
    this.#sealed.delete(segment.name)
    await this.#purge()
  }

  /** An attempt that was broken off may have moved it already. */
  async #keepJournal({ folder, name }: SealedSegment): Promise<void> {
    try {
      await this.#files.rename(join(folder, JOURNAL), join(this.#options.root, DONE, name))
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }

  /** Sets the segment aside for good. */
  async quarantine(segment: SealedSegment): Promise<string> {
    const target = join(this.#options.root, QUARANTINE, segment.name)
    await this.#files.rename(segment.folder, target)
    await this.#files.syncFolder(this.#options.root)
    this.#sealed.delete(segment.name)
    return target
  }

  /** Called before journals that hold tail offsets are purged; the offsets must be durable when it resolves. */
  beforePurge: (offsets: readonly TailOffset[]) => Promise<void> = async () => {}

  /** Seals what is open, without waiting for its age. */
  async seal(): Promise<void> {
    for (const segment of this.#unsealed) this.#close(segment)
    await this.#flushed()
  }

  /** Ends the log: what waits is written, what is open is sealed. */
  async stop(): Promise<void> {
    this.#closed = true
    await this.seal()
  }

  #enqueue(submission: Submission): Promise<'stored'> {
    if (this.#closed) return Promise.reject(fail('SPY_WAL_CLOSED'))
    if (this.bytes >= this.#options.maxBytes) return Promise.reject(fail('SPY_WAL_FULL', [this.bytes, this.#options.maxBytes]))
    if (this.#waitingBytes >= MAX_WAITING_BYTES) return Promise.reject(fail('SPY_WAL_BUSY', [this.#waitingBytes]))
    const rows = submission.blocks.reduce((most, block) => Math.max(most, block.rows), 0)
    const segment = this.#segmentFor(submission.lane, rows)
    const pieces = submission.blocks.map((block) => {
      const { table, weight, oldest, newest } = block
      return { table, rows: block.rows, weight, oldest, newest, bytes: block.encode(segment.writer.name) }
    })
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)
    segment.bytes += bytes
    segment.rows += rows
    this.#waitingBytes += bytes
    const { hash, items, tail = [] } = submission
    const addition = { sequence: this.#sequence++, time: this.#now(), hash, items, pieces, tail }
    return new Promise((resolve, reject) => {
      segment.queue.push({ addition, bytes, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  #segmentFor(lane: Lane, rows: number): OpenSegment {
    const { segmentBytes = 67_108_864, segmentRows = 500_000, root, identity } = this.#options
    const current = this.#current.get(lane)
    if (current && !current.closing && current.bytes < segmentBytes && current.rows + rows <= segmentRows) return current
    if (current) this.#close(current)
    const writer = new SegmentWriter(this.#files, root, segmentName(identity, this.#segments++))
    const segment: OpenSegment = { writer, lane, queue: [], bytes: 0, rows: 0, closing: false, needsRollBack: false, timer: undefined }
    this.#current.set(lane, segment)
    this.#unsealed.add(segment)
    return segment
  }

  #close(segment: OpenSegment): void {
    segment.closing = true
    clearTimeout(segment.timer)
    if (this.#current.get(segment.lane) === segment) this.#current.delete(segment.lane)
    this.#flushing ??= this.#flush()
  }

  async #flushed(): Promise<void> {
    while (this.#flushing) await this.#flushing
  }

  /** Writes what waits, again and again until nothing does: whatever comes in meanwhile goes out together in the next turn. */
  async #flush(): Promise<void> {
    await Promise.resolve()
    for (;;) {
      const due = [...this.#unsealed].filter(({ queue, closing, needsRollBack }) => queue.length > 0 || (closing && !needsRollBack))
      if (due.length === 0) break
      await Promise.all(due.map(async (segment) => await this.#flushSegment(segment)))
    }
    this.#flushing = undefined
  }

  async #flushSegment(segment: OpenSegment): Promise<void> {
    const waiting = segment.queue
    segment.queue = []
    if (waiting.length > 0) await this.#commit(segment, waiting)
    if (segment.closing && segment.queue.length === 0 && !segment.needsRollBack) await this.#finish(segment)
  }

  async #commit(segment: OpenSegment, waiting: readonly Waiting[]): Promise<void> {
    const bytes = waiting.reduce((sum, one) => sum + one.bytes, 0)
    try {
      if (segment.needsRollBack) throw fail('SPY_WAL_WRITE', ['an earlier write failed'])
      await segment.writer.commit(waiting.map(({ addition }) => addition))
      this.failure = undefined
      for (const { addition } of waiting) this.#remember(addition)
      for (const { resolve } of waiting) resolve('stored')
      segment.timer ??= setTimeout(() => this.#close(segment), this.#options.sealMs[segment.lane])
    } catch (error) {
      segment.bytes -= bytes
      const reason = error instanceof Error ? error.message : String(error)
      this.failure = reason
      await this.#rollBack(segment)
      for (const { reject } of waiting) reject(fail('SPY_WAL_WRITE', [reason], error))
    }
    this.#waitingBytes -= bytes
  }

  /** Files with rows that no journal speaks of must not reach the store: the segment stays behind until it could be cut back. */
  async #rollBack(segment: OpenSegment): Promise<void> {
    try {
      await segment.writer.rollBack()
      segment.needsRollBack = false
    } catch {
      segment.needsRollBack = true // the cause is the one that the senders are told; this is tried again until it works
      segment.closing = true
      if (this.#current.get(segment.lane) === segment) this.#current.delete(segment.lane)
      setTimeout(() => void this.#retryRollBack(segment), ROLL_BACK_RETRY_MS).unref()
    }
  }

  async #retryRollBack(segment: OpenSegment): Promise<void> {
    await this.#rollBack(segment)
    if (!segment.needsRollBack) this.#flushing ??= this.#flush()
  }

  async #finish(segment: OpenSegment): Promise<void> {
    const { writer } = segment
    this.#unsealed.delete(segment)
    clearTimeout(segment.timer)
    await writer.close()
    if (writer.firstTime === undefined) {
      await this.#files.remove(writer.folder)
      return
    }
    const { name, folder, content, firstTime: time, journalLength } = writer
    this.#handOver({ name, folder, content, time, recovered: false, bytes: sizeOf(content) + journalLength })
  }

  #handOver(segment: SealedSegment): void {
    this.#sealed.set(segment.name, segment)
    this.#onSealed(segment)
  }

  #remember({ hash, time, tail = [] }: Pick<JournalEntry, 'hash' | 'time' | 'tail'>): void {
    this.#memory.note(hash, time)
    for (const offset of tail) this.#offsets.set(offset.file, offset)
  }

  /** Journals of stored segments are kept as long as bodies are remembered. */
  async #purge(): Promise<void> {
    const now = this.#now()
    if (now - this.#lastPurge < PURGE_MS) return
    this.#lastPurge = now
    const folder = join(this.#options.root, DONE)
    await this.beforePurge(this.tailOffsets)
    for (const name of await this.#files.list(folder)) {
      if (now - (await this.#files.modified(join(folder, name))) > MEMORY_MS) await this.#files.remove(join(folder, name))
    }
  }
}

const sizeOf = (content: Content): number => [...content.values()].reduce((sum, { length }) => sum + length, 0)

function sealedFrom({ name, content, entries }: RecoveredSegment, root: string): SealedSegment {
  return { name, folder: join(root, name), content, time: entries[0]?.time ?? 0, recovered: true, bytes: sizeOf(content) }
}
