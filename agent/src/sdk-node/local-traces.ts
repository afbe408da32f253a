/**
 * The local root that each running span belongs to: the part of a trace that this process decides on. A trace id alone does not tell: requests
 * of one caller share it. All is bounded; a span that never ends holds its trace until newer ones need the place.
 */
import type { RootAttributes } from '../recorder/root-attributes.ts'
import type { KeepReason } from '../recorder/trace-record.ts'

/** Beyond this many local roots with a running span the oldest is let go. */
const MAX_TRACES = 10_000
/** The same beyond this many running spans. */
const MAX_RUNNING = 100_000
/** Of one trace: children of one that was sent longer ago hang below the root. */
const MAX_SENT = 1000
/** Ended spans whose root is remembered, for children that start after their parent has ended. */
const MAX_ENDED = 20_000

interface SpanIdentity {
  readonly spanId: string
  readonly isRemote?: boolean | undefined
}

export interface LocalTrace<S> {
  readonly rootSpanId: string
  /** Ids of its spans that run. */
  readonly running: Set<string>
  /** Those that ended before the decision. */
  readonly held: S[]
  /** Ids of those that were sent last, oldest first. */
  readonly sent: Set<string>
  /** What the application says of it. */
  said: RootAttributes | undefined
  hadSlowStatement: boolean
  /** Spans that had no place. */
  dropped: number
  isDecided: boolean
  /** Why it was kept, once decided. */
  reason: KeepReason | undefined
}

export class LocalTraces<S> {
  readonly #live = new Set<LocalTrace<S>>()
  readonly #bySpan = new Map<string, LocalTrace<S>>()
  /** Oldest first. */
  readonly #ended = new Map<string, LocalTrace<S>>()
  readonly #onLost: () => void

  /** `onLost` is called for each trace that is let go before its root has ended. */
  constructor(onLost: () => void) {
    this.#onLost = onLost
  }

  started({ spanId }: SpanIdentity, parent: SpanIdentity | undefined): void {
    const trace = (parent?.isRemote ? undefined : this.#parentTrace(parent)) ?? newTrace<S>(spanId)
    this.#live.delete(trace)
    this.#live.add(trace)
    trace.running.add(spanId)
    this.#bySpan.set(spanId, trace)
    if (this.#live.size > MAX_TRACES || this.#bySpan.size > MAX_RUNNING) this.#letOldestGo()
  }

  /** That of a running span. */
  of(spanId: string): LocalTrace<S> | undefined {
    return this.#bySpan.get(spanId)
  }

  ended(spanId: string): void {
    const trace = this.#bySpan.get(spanId)
    if (!trace) return
    this.#bySpan.delete(spanId)
    trace.running.delete(spanId)
    this.#ended.set(spanId, trace)
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(this.#ended.keys().next().value ?? '')
    if (trace.running.size === 0) this.#live.delete(trace)
  }

  #parentTrace(parent: SpanIdentity | undefined): LocalTrace<S> | undefined {
    return parent && (this.#bySpan.get(parent.spanId) ?? this.#ended.get(parent.spanId))
  }

  #letOldestGo(): void {
    const [oldest] = this.#live
    if (!oldest) return
    this.#live.delete(oldest)
    for (const spanId of oldest.running) this.#bySpan.delete(spanId)
    if (!oldest.isDecided) this.#onLost()
  }
}

export function noteSent({ sent }: LocalTrace<unknown>, spanId: string): void {
  sent.add(spanId)
  if (sent.size > MAX_SENT) sent.delete(sent.values().next().value ?? '')
}

function newTrace<S>(rootSpanId: string): LocalTrace<S> {
  return {
    rootSpanId,
    running: new Set(),
    held: [],
    sent: new Set(),
    said: undefined,
    hadSlowStatement: false,
    dropped: 0,
    isDecided: false,
    reason: undefined,
  }
}
