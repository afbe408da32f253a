/**
 * The collector's side of the journal: sends each event as an OTLP log record until it is acknowledged, in order, and continues after any restart where the
 * cursor is. One event is one request, or many are when many wait; a request is repeated as it was, since the collector knows a repeated body by its bytes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { EventJournal } from '../journal/event-journal.ts'
import type { JournalEntry } from '../journal/journal-state.ts'
import type { Cursor } from './cursor-file.ts'

/** Status of the answer, 0 when there was none. */
export type Post = (entries: readonly JournalEntry[]) => Promise<{ readonly status: number; readonly error?: Error | undefined }>

export interface EventSenderOptions {
  readonly journal: Pick<EventJournal, 'after' | 'newest' | 'onEntry'>
  readonly cursor: Cursor
  readonly post: Post
  /** The receiver will never take this event. */
  readonly onRefused: (entry: JournalEntry, status: number) => void
  readonly now?: () => number
  /** First pause after a failure; it doubles up to {@link MAX_PAUSE_MS}. Default 250. */
  readonly pauseMs?: number
}

/** What became of the events for one output. */
export interface Delivery {
  readonly lastSuccess: number | undefined
  readonly failingSince: number | undefined
  readonly problem: string | undefined
}

const MAX_PAUSE_MS = 5000
/** So many at once when so many wait, as after a long absence. */
const MANY = 100
/** Malformed or too large: the same again would be answered the same. */
const REFUSED = new Set([400, 413, 415, 422])
/** No request can be made of it: to be treated as if it were refused. */
const UNENCODABLE = 400

export class EventSender {
  readonly #options: EventSenderOptions
  readonly #now: () => number
  readonly #stopping = new AbortController()
  readonly #unsubscribe: () => void
  #delivery: Delivery = { lastSuccess: undefined, failingSince: undefined, problem: undefined }
  #running: Promise<void> | undefined
  /** What a refusal made of a batch: its events are sent one at a time. */
  #singleUntil = 0
  /** Whether the first that waits may have been sent before, alone: by an earlier process, or in a failed attempt. */
  #isRepeat = true

  constructor(options: EventSenderOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#unsubscribe = options.journal.onEntry(() => this.#start())
    this.#start()
  }

  get delivery(): Delivery {
    return this.#delivery
  }

  /** Whether the receiver has everything. */
  get isDone(): boolean {
    const { journal, cursor } = this.#options
    return cursor.position >= journal.newest
  }

  /** Goes on for at most `timeoutMs`. What is not acknowledged then is sent by the next process. */
  async stop(timeoutMs: number): Promise<void> {
    this.#unsubscribe()
    await Promise.race([this.#running, delay(timeoutMs, undefined, { ref: false })])
    this.#stopping.abort()
    this.#options.cursor.save()
  }

  #start(): void {
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    await Promise.resolve() // it is known to run before it can have ended
    let pauseMs = this.#options.pauseMs ?? 250
    for (let batch = this.#next(); batch.length > 0 && !this.#stopping.signal.aborted; batch = this.#next()) {
      if (await this.#send(batch)) pauseMs = this.#options.pauseMs ?? 250
      else {
        await delay(pauseMs, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined) // woken by stop
        pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)
      }
    }
    this.#running = undefined
  }

  #next(): readonly JournalEntry[] {
    const { journal, cursor } = this.#options
    const waiting = journal.after(cursor.position, MANY)
    const { sentUntil } = cursor
    const again = sentUntil === undefined ? [] : waiting.filter(({ position }) => position <= sentUntil)
    if (again.length > 0) return again
    if (waiting.length < MANY || this.#isRepeat || cursor.position < this.#singleUntil) return waiting.slice(0, 1)
    cursor.sending(waiting.at(-1)?.position)
    return waiting
  }

  /** Whether it is done with them. */
  async #send(batch: readonly JournalEntry[]): Promise<boolean> {
    const { status, error } = await this.#options.post(batch).catch((error: Error) => ({ status: UNENCODABLE, error }))
    if (REFUSED.has(status)) return this.#refused(batch, status)
    if (status < 200 || status > 299) return this.#failed(error?.message ?? (status === 0 ? 'no answer' : `status ${status}`))
    this.#delivery = { lastSuccess: this.#now(), failingSince: undefined, problem: undefined }
    this.#isRepeat = false
    this.#options.cursor.moveTo(batch.at(-1)?.position ?? 0)
    return true
  }

  #refused(batch: readonly JournalEntry[], status: number): boolean {
    const [first, ...others] = batch
    this.#singleUntil = batch.at(-1)?.position ?? 0
    if (others.length > 0) this.#options.cursor.sending(undefined)
    if (!first || others.length > 0) return true
    this.#options.onRefused(first, status)
    this.#options.cursor.moveTo(first.position)
    return true
  }

  #failed(problem: string): boolean {
    this.#isRepeat = true
    this.#delivery = { ...this.#delivery, failingSince: this.#delivery.failingSince ?? this.#now(), problem }
    return false
  }
}
