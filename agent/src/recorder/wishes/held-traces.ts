/**
 * The latest requests that were not kept and whose caller may be: encoded, so that none holds objects of the application, and bounded in bytes. The
 * oldest go first. A trace may have several requests here.
 */
import type { EncodedRecord } from '../../otlp/encode-common.ts'

interface HeldTrace {
  readonly records: EncodedRecord[]
  bytes: number
  endMs: number
}

export interface HeldTracesOptions {
  readonly maxBytes: number
  /** Older ones are given up. */
  readonly maxAgeMs: number
}

/** What a trace costs beside its bytes, roughly. */
const OVERHEAD_BYTES = 200

export class HeldTraces {
  readonly #options: HeldTracesOptions
  /** In the order of their last request. */
  readonly #traces = new Map<string, HeldTrace>()
  bytes = 0

  constructor(options: HeldTracesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#traces.size
  }

  add(traceId: string, records: readonly EncodedRecord[], nowMs: number): void {
    const trace = this.#removed(traceId) ?? { records: [], bytes: OVERHEAD_BYTES, endMs: nowMs }
    trace.records.push(...records)
    for (const { bytes } of records) trace.bytes += bytes.length
    trace.endMs = nowMs
    this.#traces.set(traceId, trace)
    this.bytes += trace.bytes
    this.#makeRoom(nowMs)
  }

  /** The records of a trace, which are not held any more; none when it is not here. */
  take(traceId: string): readonly EncodedRecord[] {
    return this.#removed(traceId)?.records ?? []
  }

  #removed(traceId: string): HeldTrace | undefined {
    const trace = this.#traces.get(traceId)
    if (!trace) return undefined
    this.#traces.delete(traceId)
    this.bytes -= trace.bytes
    return trace
  }

  #makeRoom(nowMs: number): void {
    const { maxBytes, maxAgeMs } = this.#options
    for (const [traceId, { endMs }] of this.#traces) {
      if (this.bytes <= maxBytes && nowMs - endMs <= maxAgeMs) return
      this.#removed(traceId)
    }
  }
}
