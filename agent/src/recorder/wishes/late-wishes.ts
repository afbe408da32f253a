/**
 * Keeps a trace whole when one service learns late that it wants its part: a caller that was slow wants what it called, which was not and has ended.
 * What was called holds it for a while; the wish goes by the collector, in a header of the exports and of their answers (docs/otlp.md). A
 * collector that knows nothing of it answers without the header: then nothing is held.
 */
import {
  LATE_WISHES_HEADER,
  MAX_WISHES_ANSWERED,
  MAX_WISHES_SENT,
  NOTHING_READ,
  formatLateWishes,
  parseLateWishes,
} from '../../contract/late-wishes.ts'
import type { EncodedRecord } from '../../otlp/encode-common.ts'
import { writeSpan } from '../../otlp/encode-spans.ts'
import type { PostHeaders } from '../../otlp/exporter.ts'
import { ProtobufWriter } from '../../otlp/protobuf-writer.ts'
import type { SpanRecord } from '../../otlp/records.ts'
import { HeldTraces } from './held-traces.ts'

export interface LateWishesOptions {
  /** How much is held in all. */
  readonly maxBytes: number
  /** The longest time between two exports: what is held is held for several. */
  readonly exportIntervalMs: number
  /** Called with what somebody wants by now. */
  readonly send: (records: readonly EncodedRecord[]) => void
  /** Takes a place among what others want. */
  readonly admit: (nowMs: number) => boolean
  readonly now: () => number
}

/** An idle service exports once in an interval, as does the caller: with the wish on its way in between, three are enough. */
const HELD_INTERVALS = 6
/** Wishes of ours that wait for an export, and traces that others want and that may still have requests here. */
const MAX_TRACES = 2000
/** How often a collector that does not answer is asked. */
const ASK_AGAIN_MS = 60_000

export class LateWishes {
  readonly #options: LateWishesOptions
  readonly #held: HeldTraces
  readonly #writer = new ProtobufWriter()
  /** Traces that this process wants, as long as no collector has taken the wish. */
  readonly #unsent = new Set<string>()
  readonly #wanted = new Set<string>()
  #cursor = NOTHING_READ
  #notBeforeMs = Number.NEGATIVE_INFINITY
  /** The collector passes wishes on. */
  isOpen = false

  constructor(options: LateWishesOptions) {
    this.#options = options
    this.#held = new HeldTraces({ maxBytes: options.maxBytes, maxAgeMs: HELD_INTERVALS * options.exportIntervalMs })
  }

  get heldBytes(): number {
    return this.#held.bytes
  }

  /** Somebody wants the trace, whose requests here have not all ended. */
  isWanted(traceId: string): boolean {
    return this.#wanted.has(traceId)
  }

  hold(traceId: string, spans: readonly SpanRecord[], nowMs: number): void {
    const records = spans.map((span) => {
      writeSpan(this.#writer, span)
      return { bytes: this.#writer.take(), scope: span.scope }
    })
    this.#held.add(traceId, records, nowMs)
  }

  /** This process keeps its part of a trace, and wants what it called. */
  want(traceId: string): void {
    if (this.isOpen) addBounded(this.#unsent, traceId)
  }

  /** Headers of the next export. */
  readonly headers: PostHeaders['headers'] = () => {
    const nowMs = this.#options.now()
    if (!this.isOpen && nowMs < this.#notBeforeMs) return undefined
    this.#notBeforeMs = nowMs + ASK_AGAIN_MS
    const traceIds = [...this.#unsent].slice(0, MAX_WISHES_SENT)
    return { [LATE_WISHES_HEADER]: formatLateWishes({ cursor: this.#cursor, traceIds }) }
  }

  /** It was answered with success. */
  readonly answered: PostHeaders['answered'] = (request, headers) => {
    const asked = request?.[LATE_WISHES_HEADER]
    if (asked === undefined) return
    const answer = parseLateWishes(headers.get(LATE_WISHES_HEADER), MAX_WISHES_ANSWERED)
    this.isOpen = answer !== undefined
    if (!answer) return this.#unsent.clear()
    for (const sent of parseLateWishes(asked, MAX_WISHES_SENT)?.traceIds ?? []) this.#unsent.delete(sent)
    this.#cursor = answer.cursor
    for (const traceId of answer.traceIds) this.#othersWant(traceId)
  }

  #othersWant(traceId: string): void {
    addBounded(this.#wanted, traceId)
    const records = this.#held.take(traceId)
    if (records.length > 0 && this.#options.admit(this.#options.now())) this.#options.send(records)
  }
}

/** The oldest makes room. */
function addBounded(set: Set<string>, value: string): void {
  set.add(value)
  if (set.size > MAX_TRACES) for (const oldest of set) return void set.delete(oldest)
}
