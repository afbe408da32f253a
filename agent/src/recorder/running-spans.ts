/** The requests that run now as encoded spans: what is known of them should the process die. */
import { writeSpan } from '../otlp/encode-spans.ts'
import { ProtobufWriter } from '../otlp/protobuf-writer.ts'
import type { SpanRecord } from '../otlp/records.ts'
import type { Child } from './child.ts'
import { now } from './clock.ts'
import type { RequestInFlight, RunningSpan } from './request-in-flight.ts'
import type { RunningRecords } from './running.ts'
import { childSpan, rootSpan } from './trace-export.ts'
import type { TraceRecord } from './trace-record.ts'

const MAX_RECORDS = 20
/** The root and its latest children. */
const MAX_SPANS_EACH = 32
/**
 * Younger ones are skipped while the process goes on, except for the newest, which may be about to block the loop. A loaded server has many that are this young,
 * and they end before the next write.
 */
const MIN_AGE_MS = 40

export class RunningSpans {
  readonly #running: RunningRecords
  readonly #writer = new ProtobufWriter()
  /** What has ended does not change: it is encoded once, however long its request goes on. */
  readonly #endedChildren = new WeakMap<Child, RunningSpan>()
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
    const root = this.#encode(rootSpan(record, 'running', nowMs), requestInFlight(record))
    const latest = record.children?.slice(1 - MAX_SPANS_EACH) ?? []
    return [root, ...latest.map((child) => this.#encodedChild(child, nowMs))]
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
