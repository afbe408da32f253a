/**
 * The write-ahead log: accepts the blocks of a request, makes them durable together with those of other requests that wait at the same
 * time (group commit), and hands over sealed segments whose files are the insert files. Traces and the rest have segments of their own,
 * because the rest is sealed less often: an insert costs some 20 ms of CPU whatever its size.
 */
import { join } from 'node:path'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { ByteWriter } from '../native/byte-writer.ts'
import type { TableBlock } from '../native/table-block.ts'
import { type Damage, noteAnnounced, unannouncedDamage } from './damage.ts'
import { DiskState } from './disk-state.ts'
import { fail } from './errors.ts'
import { type FileLayer, nodeFileLayer } from './file-layer.ts'
import { type Identity, segmentName } from './identity.ts'
import { type Inserting, readInserting, reserveInserting, writeInserting } from './inserting.ts'
import { type JournalEntry, type TailOffset, tallyOf } from './journal.ts'
import { setMisplacedAside } from './misplaced.ts'
import { Quarantine } from './quarantine.ts'
import { DONE, recover, type RecoveredSegment, recoverSegment } from './recovery.ts'
import { RepeatMemory } from './repeat-memory.ts'
import { type SealedSegment, SealedSegments, sizeOf } from './sealed-segments.ts'
import { type Addition, SegmentWriter } from './segment.ts'
import { SpareWriters } from './spare-writers.ts'

export type Lane = 'traces' | 'others'

export interface Submission {
  readonly lane: Lane
  /** Of signal and body; empty when no request brought the rows. */
  readonly hash: string
  readonly items: number
  readonly blocks: readonly TableBlock[]
  readonly tail?: readonly TailOffset[]
}

export interface WalOptions {
  readonly root: string
  readonly identity: Identity
  readonly maxBytes: number
  /** Age at which a segment is sealed if the store can take it; until then it grows. */
  readonly sealMs: Readonly<Record<Lane, number>>
  readonly files?: FileLayer
  readonly now?: () => number
  /** A segment is sealed before it grows beyond this. Default 64 MiB and 500,000 rows: more become two parts in the store. */
  readonly segmentBytes?: number
  readonly segmentRows?: number
}

interface Waiting {
  readonly addition: Addition
  /** Holds the bytes of its pieces. */
  readonly out: ByteWriter
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
  /** It is old enough, and is sealed as soon as the store can accept it. */
  isDue: boolean
  closing: boolean
  needsRollBack: boolean
  timer: NodeJS.Timeout | undefined
}

const MAX_WAITING_BYTES = 67_108_864
const ROLL_BACK_RETRY_MS = 1000
/** A part of the log's size limit: data that is set aside must not crowd out new data. */
const QUARANTINE_SHARE = 0.25

export class WriteAheadLog {
  droppedBytes = 0
  /** Acknowledged requests lost to damage, as announced by this process. */
  requestsLost = 0
  /** The last recorded INSERT. */
  inserting: Inserting | undefined
  /** Called before journals that hold tail offsets are purged; the offsets must be durable when it resolves. */
  beforePurge: (offsets: readonly TailOffset[]) => Promise<void> = async () => {}
  readonly #options: WalOptions
  readonly #files: FileLayer
  readonly #now: () => number
  readonly #memory = new RepeatMemory()
  readonly #inFlight = new Map<string, Promise<'stored'>>()
  readonly #current = new Map<Lane, OpenSegment>()
  readonly #unsealed = new Set<OpenSegment>()
  readonly #quarantine: Quarantine
  readonly #sealed: SealedSegments
  readonly #disk: DiskState
  readonly #offsets = new Map<string, TailOffset>()
  readonly #spares = new SpareWriters()
  #onDamage: ((damage: Damage) => void) | undefined
  #sequence = 0
  #segments = 0
  #waitingBytes = 0
  #flushing: Promise<void> | undefined
  #closed = false

  private constructor(options: WalOptions) {
    this.#options = options
    this.#files = options.files ?? nodeFileLayer
    this.#now = options.now ?? Date.now
    this.#disk = new DiskState(this.#files, options.root)
    this.#quarantine = new Quarantine(this.#files, options.root, Math.floor(options.maxBytes * QUARANTINE_SHARE))
    this.#sealed = new SealedSegments({
      quarantine: this.#quarantine,
      root: options.root,
      files: this.#files,
      now: this.#now,
      onEmpty: () => this.#sealDue(),
      beforePurge: async () => await this.beforePurge(this.tailOffsets),
      onPurgeFailure: (error) => void this.#disk.fails(error),
    })
  }

  /**
   * Recovers existing data and opens the log.
   * @throws SPY_WAL_NEWER, SPY_WAL_UNREADABLE
   */
  static async open(options: WalOptions): Promise<WriteAheadLog> {
    try {
      return await WriteAheadLog.#open(options)
    } catch (error) {
      if (codeOf(error)?.startsWith('SPY_')) throw error
      throw fail('SPY_WAL_UNREADABLE', [options.root, messageOf(error)], error)
    }
  }

  static async #open(options: WalOptions): Promise<WriteAheadLog> {
    const log = new WriteAheadLog(options)
    await log.#files.makeFolder(options.root)
    const quarantine = log.#quarantine
    await setMisplacedAside(log.#files, options.root, quarantine)
    for (const folder of [join(options.root, DONE), quarantine.folder]) await log.#files.makeFolder(folder)
    await quarantine.makeRoom()
    const { segments, remembered, droppedBytes } = await recover(log.#files, options.root, quarantine)
    log.droppedBytes = droppedBytes
    log.inserting = await readInserting(log.#files, options.root)
    if (!log.inserting) await reserveInserting(log.#files, options.root)
    const entries = [...remembered, ...segments.flatMap((segment) => segment.entries)].sort((one, other) => one.time - other.time)
    for (const entry of entries) log.#remember(entry)
    for (const segment of segments) log.#sealed.add(sealedFrom(segment, options.root))
    return log
  }

  /** Hands over every sealed segment, oldest first: existing ones at once, the others when they are sealed. */
  subscribe(onSealed: (segment: SealedSegment) => void): void {
    this.#sealed.onSealed = onSealed
    for (const segment of this.#sealed.values()) onSealed(segment)
  }

  /** Announces each damage once: earlier findings at once, later ones when they are found in waiting segments. */
  async announceDamage(onDamage: (damage: Damage) => void): Promise<void> {
    this.#onDamage = onDamage
    for (const damage of await unannouncedDamage(this.#files, this.#options.root)) {
      this.requestsLost += damage.lost.requests
      onDamage(damage)
      await noteAnnounced(this.#files, damage)
    }
  }

  /** Why the last write failed; undefined when it did not, or when writing would succeed now. */
  get failure(): string | undefined {
    return this.#disk.failure
  }

  /** Bytes that are set aside: copies of damaged parts, and segments that the store refused. */
  get quarantineBytes(): number {
    return this.#quarantine.bytes
  }

  /** What was removed from the quarantine because of its size. */
  get quarantineDiscarded(): number {
    return this.#quarantine.discarded
  }

  /** Bytes on disk and waiting to be written, with what is set aside. */
  get bytes(): number {
    let sum = this.#quarantine.bytes
    for (const { bytes } of this.#sealed.values()) sum += bytes
    for (const { bytes } of this.#unsealed) sum += bytes
    return sum
  }

  get pending(): number {
    return this.#sealed.size
  }

  /** When the oldest data not yet in the store was received; undefined when there is none. */
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

  /** Passes in offsets from before the oldest journal. */
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

  /**
   * Checks that a sealed segment is still intact, so that no damaged row reaches the store; returns what is intact, or undefined when nothing
   * is. Damage is announced.
   */
  async verify(segment: SealedSegment): Promise<SealedSegment | undefined> {
    if (this.#sealed.isStored(segment)) return segment
    const rest = await recoverSegment(
      { files: this.#files, root: this.#options.root, name: segment.name, quarantine: this.#quarantine },
      segment.acknowledged,
    )
    if (sizeOf(rest.content) === sizeOf(segment.content)) return segment
    if (this.#onDamage) await this.announceDamage(this.#onDamage)
    return this.#sealed.replace(segment, rest)
  }

  /** Makes durable which INSERT is sent next. */
  async noteInserting(inserting: Inserting): Promise<void> {
    await writeInserting(this.#files, this.#options.root, inserting)
    this.inserting = inserting
  }

  /** The segment is in the store. */
  async retire(segment: SealedSegment): Promise<void> {
    await this.#sealed.retire(segment)
  }

  /** Sets the segment aside permanently; returns the folder. */
  async quarantine(segment: SealedSegment): Promise<string> {
    return await this.#sealed.quarantine(segment)
  }

  /** Seals what is open, without waiting for its age. */
  async seal(): Promise<void> {
    for (const segment of this.#unsealed) this.#close(segment)
    await this.#flushed()
  }

  /** Closes the log: writes what waits, and seals what is open. */
  async stop(): Promise<void> {
    this.#closed = true
    await this.seal()
  }

  #enqueue(submission: Submission): Promise<'stored'> {
    if (this.#closed) return Promise.reject(fail('SPY_WAL_CLOSED', ['the collector is stopping']))
    if (this.bytes >= this.#options.maxBytes) return Promise.reject(fail('SPY_WAL_FULL', [this.bytes, this.#options.maxBytes]))
    if (this.#waitingBytes >= MAX_WAITING_BYTES) return Promise.reject(fail('SPY_WAL_BUSY', [this.#waitingBytes]))
    const rows = submission.blocks.reduce((most, block) => Math.max(most, block.rows), 0)
    const segment = this.#segmentFor(submission.lane, rows)
    const out = this.#spares.take()
    const pieces = submission.blocks.map((block) => {
      const { table, weight, oldest, newest } = block
      return { table, rows: block.rows, weight, oldest, newest, bytes: block.encode(segment.writer.name, out) }
    })
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)
    segment.bytes += bytes
    segment.rows += rows
    this.#waitingBytes += bytes
    const { hash, items, tail = [] } = submission
    const addition = { sequence: this.#sequence++, time: this.#now(), hash, items, pieces, tail }
    return new Promise((resolve, reject) => {
      segment.queue.push({ addition, out, bytes, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  #segmentFor(lane: Lane, rows: number): OpenSegment {
    const { segmentBytes = 67_108_864, segmentRows = 500_000, root, identity } = this.#options
    const current = this.#current.get(lane)
    if (current && !current.closing && current.bytes < segmentBytes && current.rows + rows <= segmentRows) return current
    if (current) this.#close(current)
    const writer = new SegmentWriter(this.#files, root, segmentName(identity, this.#segments++))
    const segment: OpenSegment = {
      writer,
      lane,
      queue: [],
      bytes: 0,
      rows: 0,
      closing: false,
      needsRollBack: false,
      timer: undefined,
      isDue: false,
    }
    this.#current.set(lane, segment)
    this.#unsealed.add(segment)
    return segment
  }

  /** While the store is slow or down, waiting segments grow in size rather than in number: an insert costs the same whatever its size. */
  #sealDue(): void {
    for (const segment of this.#unsealed) if (segment.isDue) this.#close(segment)
  }

  #becomeDue(segment: OpenSegment): void {
    segment.isDue = true
    if (this.#sealed.size === 0) this.#sealDue()
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

  /** Writes in rounds until nothing waits: everything that arrives during one round is written together in the next. */
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
      if (this.#disk.failure !== undefined) this.#disk.works()
      for (const { addition } of waiting) this.#remember(addition)
      for (const { resolve } of waiting) resolve('stored')
      segment.timer ??= setTimeout(() => this.#becomeDue(segment), this.#options.sealMs[segment.lane])
    } catch (error) {
      segment.bytes -= bytes
      const reason = await this.#disk.fails(error)
      await this.#rollBack(segment)
      for (const { reject } of waiting) reject(fail('SPY_WAL_WRITE', [reason], error))
    }
    this.#waitingBytes -= bytes
    for (const { out } of waiting) this.#spares.giveBack(out)
  }

  /** Files with rows that no journal entry covers must not reach the store: the segment waits until it can be truncated. */
  async #rollBack(segment: OpenSegment): Promise<void> {
    try {
      await segment.writer.rollBack()
      segment.needsRollBack = false
    } catch {
      segment.needsRollBack = true // the cause is reported to the senders; this is retried until it works
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
    try {
      await writer.close()
      if (writer.firstTime === undefined) await this.#files.remove(writer.folder)
    } catch (error) {
      await this.#disk.fails(error) // acknowledged data is durable; only its count may lag behind
    }
    if (writer.firstTime === undefined) return
    const { name, folder, content, acknowledged, firstTime: time, journalLength } = writer
    this.#sealed.add({ name, folder, content, acknowledged, time, recovered: false, bytes: sizeOf(content) + journalLength })
  }

  #remember({ hash, time, tail = [] }: Pick<JournalEntry, 'hash' | 'time' | 'tail'>): void {
    this.#memory.note(hash, time)
    for (const offset of tail) this.#offsets.set(offset.file, offset)
  }
}

function sealedFrom({ name, content, entries }: RecoveredSegment, root: string): SealedSegment {
  return {
    name,
    folder: join(root, name),
    content,
    acknowledged: tallyOf(entries),
    time: entries[0]?.time ?? 0,
    recovered: true,
    bytes: sizeOf(content),
  }
}
