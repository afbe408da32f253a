/**
 * Keeps on disk what the collector does not have yet, while the process lives: a process that is killed, crashes or runs out of memory has
 * no time left to send. Written on the request path when the last write is a while ago, because timers stop in a blocked loop, and by a
 * timer otherwise. Nothing here throws, and what it may cost is bounded by the clock.
 */
import process from 'node:process'
import type { Aggregates } from '../aggregate/aggregates.ts'
import { AGGREGATES } from '../aggregate/histograms.ts'
import type { SeriesState } from '../aggregate/series-table.ts'
import { attempt, guarded, reportFault } from '../guard/guard.ts'
import type { ExportJournal, OtlpExporter, Signal } from '../otlp/exporter.ts'
import type { AttributesInput } from '../otlp/records.ts'
import type { RunningSpans } from '../recorder/running-spans.ts'
import { reportPlace } from './fatal-report.ts'
import { FRAME, FrameWriter, type FrameType } from './frames.ts'
import { HeapWatch, type MemoryState, memoryState } from './memory-state.ts'
import { runDelayMs } from './run-delay.ts'
import { SpoolFile } from './spool-file.ts'
import { openSpoolFolder } from './spool-folder.ts'
import { ownIdentity, spoolName } from './spool-name.ts'

export const SIGNALS = ['traces', 'logs', 'metrics'] as const satisfies readonly Signal[]

/** Share of the time that writes may take. What a quiet process did not use is saved up for a few writes, so that it writes at once. */
const SHARE_OF_TIME = 0.0025
const MAX_SAVED_MS = 1
const MIN_INTERVAL_MS = 5
/** Writes are this close whatever the share, unless one costs more than a millisecond. */
const INTERVAL_MS = 50
/** Where a write costs more than a millisecond, writes may take this share … */
const DEAR_SHARE = 0.02
/** … and are still this close, as long as they take no more than a tenth of the time: that is how old what a kill takes may be. */
const MAX_INTERVAL_MS = 100
const MAX_SHARE = 0.1
/** The first writes run code that is not compiled yet, and say nothing of the later ones. */
const COLD_WRITES = 20
/** The file system hangs: it is given a rest. */
const SLOW_WRITE_MS = 1000
const RETRY_MS = 10_000
const STATE_EVERY_MS = 100
/** Of a series, beside its buckets. */
const SERIES_NUMBERS = 8

export interface SpoolOptions {
  /** Folders to try in turn. */
  readonly folders: readonly string[]
  readonly key: string
  readonly maxBytes: number
  /** Where this process sends to; without credentials. */
  readonly endpoint: string
  readonly exporter: OtlpExporter
  readonly aggregates: Aggregates
  readonly running: RunningSpans
  readonly now?: () => number
  /** How long this thread has waited for a processor so far, in milliseconds. */
  readonly runDelay?: () => number
}

type Numbers = Record<Signal, number>

export class Spool implements ExportJournal {
  readonly #options: SpoolOptions
  readonly #now: () => number
  readonly #runDelay: () => number
  readonly #heap: HeapWatch
  readonly #frames = new FrameWriter()
  /** What identifies a series does not change: it is encoded once. */
  readonly #attributes = new WeakMap<AttributesInput, Buffer>()
  readonly #numbers = new Float64Array(SERIES_NUMBERS)
  /** Newest record of each signal in the file, and newest that need not be sent. */
  readonly #written: Numbers = { traces: 0, logs: 0, metrics: 0 }
  /** Newest that was given to the file in the present write. */
  readonly #given: Numbers = { traces: 0, logs: 0, metrics: 0 }
  readonly #done: Numbers = { traces: 0, logs: 0, metrics: 0 }
  #file: SpoolFile | undefined
  /** Counts the intervals of the aggregates: what the file holds of an earlier one is among the records by now. */
  #epoch = 0
  #lastMs = Number.NEGATIVE_INFINITY
  #intervalMs = MIN_INTERVAL_MS
  #savedMs = MAX_SAVED_MS
  #costMs = 0.1
  /** Writes seem to cost so much that it is worth asking how long the process waited for its turn meanwhile. */
  #isDear = false
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #stateMs = Number.NEGATIVE_INFINITY
  #memory: MemoryState | undefined
  #writes = 0
  #timer: NodeJS.Timeout | undefined
  #isWriting = false
  #needsBase = false
  #isBase = false
  #end: { readonly timeMs: number; readonly code: number | undefined } | undefined

  constructor(options: SpoolOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#runDelay = options.runDelay ?? runDelayMs
    this.#heap = new HeapWatch(this.#now)
    options.exporter.journal = this
  }

  /** Something was recorded. Called for every request, so it does nothing in most cases. */
  note(nowMs: number): void {
    if (nowMs - this.#lastMs >= this.#intervalMs) this.write(nowMs)
    else this.#timer ??= setTimeout(this.#onTimer, this.#intervalMs).unref()
  }

  readonly #onTimer = guarded('spool', () => {
    this.#timer = undefined
    this.write(this.#now())
  })

  taken(): void {
    this.note(this.#now())
  }

  /** Runs what takes the aggregates over into the exporter's records: the file sees all of it or nothing. */
  collecting(collect: () => void): void {
    const outer = this.#isWriting
    this.#isWriting = true
    try {
      collect()
    } finally {
      this.#isWriting = outer
      this.#epoch++
      attempt('spool', () => this.#reopenIfTaken(), undefined)
      this.write(this.#now())
    }
  }

  sending(signal: Signal, from: number, to: number): void {
    this.write(this.#now(), () => this.#json(FRAME.batch, { signal, from, to }))
  }

  done(signal: Signal, to: number): void {
    this.#done[signal] = to
    if (this.#file) this.write(this.#now(), () => this.#json(FRAME.done, { signal, to }))
  }

  /** The process ends by itself: what is left is for a reader. */
  end(code: number | undefined): void {
    attempt('spool.end', () => this.#letGo(code), undefined)
  }

  #letGo(code: number | undefined): void {
    clearTimeout(this.#timer)
    this.#end = { timeMs: Date.now(), code }
    this.#intervalMs = 0 // what others log as the process ends is written at once
    this.write(this.#now(), () => this.#file && this.#json(FRAME.end, this.#end))
    if (!this.#file) return
    if (this.#isEmpty() && process.listenerCount('exit') <= 1) this.#discard(this.#file)
    else if (!this.#file.isReleased) this.#file.release()
  }

  #discard(file: SpoolFile): void {
    this.#file = undefined
    this.#notBeforeMs = Number.POSITIVE_INFINITY
    file.remove()
  }

  #isEmpty(): boolean {
    const { exporter, aggregates, running } = this.#options
    let isEmpty = running.isEmpty && SIGNALS.every((signal) => exporter.held(signal, this.#done[signal]).records.length === 0)
    isEmpty &&= SIGNALS.every((signal) => exporter.held(signal, 0).sending === undefined)
    aggregates.changes(true, () => (isEmpty = false))
    return isEmpty
  }

  /** Writes what is new since the last time, and what `more` adds. */
  write(nowMs: number, more?: () => void): void {
    attempt('spool', () => this.#write(nowMs, more), undefined)
  }

  #write(nowMs: number, more: (() => void) | undefined): void {
    if (this.#isWriting || nowMs < this.#notBeforeMs) return
    this.#isWriting = true
    const startedMs = this.#now()
    const delayBeforeMs = this.#isDear ? this.#runDelay() : undefined
    try {
      this.#append(more)
    } catch (error) {
      this.#needsBase = true // what the file holds now is not known
      this.#notBeforeMs = nowMs + RETRY_MS
      reportFault('spool', error)
    } finally {
      this.#isWriting = false
      this.#pace(startedMs, delayBeforeMs)
    }
  }

  /** Decides when to write next. What a starved process waits for its turn is not the cost of its writes. */
  #pace(startedMs: number, delayBeforeMs: number | undefined): void {
    const sinceMs = Math.min(startedMs - this.#lastMs, MAX_SAVED_MS / SHARE_OF_TIME)
    this.#lastMs = this.#now()
    const waitedMs = delayBeforeMs === undefined ? 0 : this.#runDelay() - delayBeforeMs
    const tookMs = Math.max(0, this.#lastMs - startedMs - waitedMs)
    if (!Number.isFinite(sinceMs + tookMs)) return // the application replaced the clock
    // a single long write says little: most often the process had to wait for its turn
    this.#costMs += (Math.min(tookMs, 4 * this.#costMs + 0.1) - this.#costMs) / 8
    const costMs = this.#costMs
    this.#savedMs = Math.max(0, Math.min(MAX_SAVED_MS, this.#savedMs + sinceMs * SHARE_OF_TIME) - costMs)
    const isSlow = tookMs > SLOW_WRITE_MS
    if (isSlow && delayBeforeMs !== undefined) this.#notBeforeMs = this.#lastMs + RETRY_MS
    this.#isDear = isSlow || (this.#writes++ >= COLD_WRITES && costMs > INTERVAL_MS * DEAR_SHARE)
    if (this.#end) return
    const usual = Math.min(INTERVAL_MS, Math.max(MIN_INTERVAL_MS, (costMs - this.#savedMs) / SHARE_OF_TIME))
    this.#intervalMs = this.#isDear ? dearIntervalMs(costMs) : usual
  }

  /** The heap was collected: what is about to run out of memory says so while it can. */
  heapCollected(): void {
    if (this.#heap.isFilling(this.#memory)) this.write(this.#now(), () => this.#state())
  }

  #append(more: (() => void) | undefined): void {
    const frames = this.#frames
    frames.clear()
    for (const signal of SIGNALS) this.#records(signal, this.#written[signal])
    this.#series(false)
    this.#running(false)
    more?.()
    if (frames.length === 0) return
    this.#file ??= this.#open()
    if (this.#now() - this.#stateMs >= STATE_EVERY_MS) this.#state()
    if (this.#needsBase || !this.#file.append(frames.bytes)) {
      this.#file.restart(frames, this.#base)
      this.#needsBase = false
      frames.clear()
      more?.() // a body that is about to be sent is not in progress yet
      if (frames.length > 0) this.#file.append(frames.bytes)
      if (this.#end && !this.#file.isReleased) this.#file.release()
    }
    Object.assign(this.#written, this.#given)
    this.#options.running.written()
  }

  #open(): SpoolFile {
    const { folders, key, maxBytes, endpoint, exporter } = this.#options
    const self = ownIdentity()
    const path = `${openSpoolFolder(folders)}/${spoolName(key, self)}`
    const header = { ...exporter.origin, endpoint, pid: self.pid, startedMs: performance.timeOrigin, report: reportPlace() }
    return new SpoolFile(path, header, maxBytes)
  }

  /** After a long stop a reader may have taken the file: what is still held begins a new one. */
  #reopenIfTaken(): void {
    if (this.#file?.isTaken !== true) return
    this.#file.close()
    this.#file = undefined
    this.#needsBase = true
  }

  /** All that is still wanted, newest records first in line when it is too much. */
  readonly #base = (): void => {
    this.#isBase = true
    try {
      this.#writeBase()
    } finally {
      this.#isBase = false
    }
  }

  #writeBase(): void {
    const { exporter } = this.#options
    let room = this.#file?.maxBaseBytes ?? 0
    this.#state()
    for (const signal of SIGNALS) {
      const { sending, first, records } = exporter.held(signal, 0)
      if (sending && (room -= sending.body.length) > 0) this.#body(signal, sending)
      let at = records.length
      while (at > 0 && (room -= records[at - 1]?.bytes.length ?? 0) > 0) at--
      this.#records(signal, first + at - 1)
    }
    this.#series(true)
    this.#running(true)
    if (this.#end) this.#json(FRAME.end, this.#end)
  }

  /** Frames within a base hold only together with it. */
  get #generation(): number {
    return this.#isBase ? 0 : (this.#file?.generation ?? 0)
  }

  #json(type: FrameType, value: unknown): void {
    const start = this.#frames.begin(type)
    this.#frames.json(value)
    this.#frames.end(start, this.#generation)
  }

  #body(signal: Signal, { to, body }: { readonly to: number; readonly body: Buffer }): void {
    const start = this.#frames.begin(FRAME.body)
    this.#frames.json({ signal, to })
    this.#frames.block(body)
    this.#frames.end(start, this.#generation)
  }

  #records(signal: Signal, after: number): void {
    const { first, records } = this.#options.exporter.held(signal, after)
    if (records.length === 0) return
    this.#given[signal] = first + records.length - 1
    const frames = this.#frames
    const start = frames.begin(FRAME.records)
    frames.json({ signal, first, epoch: this.#epoch, scopes: records.map(({ scope }) => scope ?? 0) })
    for (const { bytes } of records) frames.block(bytes)
    frames.end(start, this.#generation)
  }

  #series(all: boolean): void {
    const frames = this.#frames
    let start: number | undefined
    const timeMs = Date.now()
    this.#options.aggregates.changes(all, (name, series, startMs) => {
      if (start === undefined) {
        start = frames.begin(FRAME.series)
        frames.uint(this.#epoch)
      }
      frames.uint(AGGREGATES.findIndex((aggregate) => aggregate.name === name))
      this.#oneSeries(series, startMs, timeMs)
    })
    if (start !== undefined) frames.end(start, this.#generation)
  }

  /** The numbers as they are in memory: the reader makes a data point of them. Nearly every write of a busy process has some. */
  #oneSeries({ id, attributes, histogram }: SeriesState, startMs: number, timeMs: number): void {
    const frames = this.#frames
    frames.uint(id)
    let encoded = this.#attributes.get(attributes)
    if (!encoded) this.#attributes.set(attributes, (encoded = Buffer.from(JSON.stringify(attributes))))
    frames.block(encoded)
    const { count, sum, zeroCount, min, max, offset } = histogram
    this.#numbers.set([startMs, timeMs, count, sum, zeroCount, min, max, offset])
    frames.doubles(this.#numbers)
    frames.doubles(histogram.counts)
  }

  #running(all: boolean): void {
    const spans = this.#options.running.spans(all, this.#end !== undefined)
    if (!spans) return
    const start = this.#frames.begin(FRAME.running)
    for (const { bytes, scope, request } of spans) {
      this.#frames.json(request ? { scope: scope ?? 0, request } : (scope ?? 0))
      this.#frames.block(bytes)
    }
    this.#frames.end(start, this.#generation)
  }

  /** How far things are, and how full memory is, so that a reader can tell that it ran out. */
  #state(): void {
    this.#stateMs = this.#now()
    this.#memory = memoryState()
    this.#json(FRAME.state, { timeMs: Date.now(), epoch: this.#epoch, done: this.#done, memory: this.#memory })
  }
}

const dearIntervalMs = (costMs: number): number => Math.max(INTERVAL_MS, Math.min(costMs / DEAR_SHARE, MAX_INTERVAL_MS), costMs / MAX_SHARE)
