/** The requests that run now as encoded spans: what is known of them should the process die. */
import { nanos } from '../otlp/encode-common.ts'
import { writeSpan } from '../otlp/encode-spans.ts'
import { ProtobufWriter } from '../otlp/protobuf-writer.ts'
import type { SpanRecord } from '../otlp/records.ts'
import type { Child } from './child.ts'
import { now, toEpochMs } from './clock.ts'
import { loopBlocksWithin } from './loop-block-events.ts'
import type { RequestInFlight, RunningSpan } from './request-in-flight.ts'
import type { RunningRecords } from './running.ts'
import { childSpan, rootSpan, statusOf } from './trace-export.ts'
import type { TraceRecord } from './trace-record.ts'

const MAX_RECORDS = 20
/** The root and its latest children. */
const MAX_SPANS_EACH = 32
/**
 * Younger ones are skipped while the process goes on, except for the newest, which may be about to block the loop. A loaded server has many that are this young,
 * and they end before the next write.
 */
const MIN_AGE_MS = 40
/** `end_time_unix_nano`, field 8 of 64 bits. */
const END_TAG = (8 << 3) | 1

interface EncodedRoot {
  readonly state: string
  readonly span: RunningSpan
  /** Where its end is in the bytes. */
  readonly endAt: number
}

export class RunningSpans {
  readonly #running: RunningRecords
  readonly #writer = new ProtobufWriter()
  /** What has ended does not change: it is encoded once, however long its request goes on. */
  readonly #endedChildren = new WeakMap<Child, RunningSpan>()
  /** Nor does a root of which nothing new is known, but for its end: where calls are slow, the same ones are written many times. */
  readonly #roots = new WeakMap<TraceRecord, EncodedRoot>()
  #given = ''
  #written = ''

  constructor(running: RunningRecords) {
    this.#running = running
  }

  get isEmpty(): boolean {
    return this.#running.size === 0
  }

  /** Undefined when they are as they were when last {@link written}; with `all` only when there are none. `isEnd`: the process is about to end. */
  spans(all: boolean, isEnd = false): RunningSpan[] | undefined {
    const records = this.#chosen(isEnd ? 0 : MIN_AGE_MS)
    this.#given = records.map(stateOf).join(' ')
    if (all ? records.length === 0 : this.#given === this.#written) return undefined
    return records.flatMap((record) => this.#encoded(record))
  }

  /** What was given out last is on disk. */
  written(): void {
    this.#written = this.#given
  }

  #chosen(minAgeMs: number): TraceRecord[] {
    const { newest } = this.#running
    if (!newest) return []
    const chosen: TraceRecord[] = []
    for (const record of this.#running.olderThan(now() - minAgeMs)) {
      if (record !== newest) chosen.push(record)
      if (chosen.length >= MAX_RECORDS - 1) break
    }
    return [...chosen, newest]
  }

  #encoded(record: TraceRecord): RunningSpan[] {
    const nowMs = now()
    const root = this.#encodedRoot(record, nowMs)
    const latest = record.children?.slice(1 - MAX_SPANS_EACH) ?? []
    return [root, ...latest.map((child) => this.#encodedChild(child, nowMs))]
  }

  #encodedRoot(record: TraceRecord, nowMs: number): RunningSpan {
    const known = this.#roots.get(record)
    const state = rootStateOf(record, nowMs)
    if (known && known.state === state) {
      known.span.bytes.writeBigUInt64LE(nanos(toEpochMs(nowMs)), known.endAt)
      return known.span
    }
    const root = rootSpan(record, 'running', nowMs)
    const encoded = this.#encode(root, requestInFlight(record))
    if (state === undefined) return encoded
    const span = { ...encoded, bytes: ownCopy(encoded.bytes) }
    const endAt = endIn(span.bytes, root)
    if (endAt !== undefined) this.#roots.set(record, { state, span, endAt })
    return span
  }

  #encodedChild(child: Child, nowMs: number): RunningSpan {
    const known = this.#endedChildren.get(child)
    if (known) return known
    const encoded = this.#encode(childSpan(child, nowMs))
    if (child.ended) this.#endedChildren.set(child, { ...encoded, bytes: ownCopy(encoded.bytes) })
    return encoded
  }

  #encode(span: SpanRecord, request?: RequestInFlight): RunningSpan {
    writeSpan(this.#writer, span)
    return { bytes: this.#writer.take(), scope: span.scope, request }
  }
}

/** What the span of a root says of it, but for its end; undefined when it says more, that changes with the time. */
function rootStateOf(record: TraceRecord, nowMs: number): string | undefined {
  const { error, startMs, route, application = '', droppedChildren, changes } = record
  if (error !== undefined || loopBlocksWithin(startMs, nowMs).length > 0) return undefined
  return `${route} ${application} ${statusOf(record)} ${droppedChildren} ${changes}`
}

/** Tag and value of the end of an encoded span, which is there once. */
function endIn(bytes: Buffer, { endMs }: SpanRecord): number | undefined {
  const field = Buffer.alloc(9, END_TAG)
  field.writeBigUInt64LE(nanos(endMs), 1)
  const at = bytes.indexOf(field)
  return at < 0 ? undefined : at + 1
}

/** Small buffers share a block of 8 KiB, which one that is kept would keep. */
function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

function requestInFlight(record: TraceRecord): RequestInFlight | undefined {
  const { kind, detail } = record
  return detail && kind.inFlight?.(record, detail)
}

/** Changes when there is something new to say of it. */
function stateOf({ startMs, routeTemplate, application = '', children }: TraceRecord): string {
  const ended = children?.reduce((sum, child) => sum + (child.ended ? 1 : 0), 0) ?? 0
  return `${startMs}${application}${routeTemplate}${children?.length ?? 0}/${ended}`
}
