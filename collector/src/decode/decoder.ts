/** Decodes OTLP bodies of all three signals into blocks of columns. The decoders keep their buffers between requests. */
import { OtlpRedactor, Redactor } from '../redact/index.ts'
import { type CountedError, RollupBuilder } from '../rollup/index.ts'
import { fail } from './errors.ts'
import { eventBlock } from './event-rows.ts'
import { LogDecoder, type OriginatedEvent } from './logs.ts'
import { MetricDecoder } from './metrics.ts'
import { protobufFromJson } from './otlp-json.ts'
import { DecodeReport } from './report.ts'
import type { TableBlock } from '../native/table-block.ts'
import type { TimeWindow } from './time-window.ts'
import { TraceDecoder } from './traces.ts'

export type Signal = 'traces' | 'metrics' | 'logs'

export interface Decoded {
  /** Blocks with rows. They belong to the decoder: encode them before it is used again. */
  readonly blocks: readonly TableBlock[]
  /** Spans, data points or log records accepted. */
  readonly accepted: number
  /** Items rejected: outside the time window, or malformed. */
  readonly rejected: number
  /** Names, values, attributes and details cut off. */
  readonly truncated: number
  /** Message to the sender about everything that was rejected or changed; empty when there is nothing to report. */
  readonly message: string
  readonly events: readonly OriginatedEvent[]
  /** Errors that metrics count. */
  readonly errors: readonly CountedError[]
}

export interface DecodeOptions {
  readonly signal: Signal
  readonly isJson: boolean
  readonly window: TimeWindow
  /** Whether the sender is known: only then are records with our event names events. Default false. */
  readonly isKnown?: boolean
}

type Rows = Pick<Decoded, 'blocks' | 'accepted'> & Partial<Pick<Decoded, 'events' | 'errors'>>

export class OtlpDecoder {
  readonly #redactor: OtlpRedactor
  readonly #report = new DecodeReport()
  readonly #traces: TraceDecoder
  readonly #metrics = new MetricDecoder(this.#report)
  readonly #logs = new LogDecoder(this.#report)

  /** `redactor` removes secrets and counts them. */
  constructor(redactor: Redactor = new Redactor()) {
    this.#redactor = new OtlpRedactor(redactor)
    this.#traces = new TraceDecoder(this.#report, this.#redactor)
  }

  /**
   * An unreadable item is rejected alone. Throws if nothing in the request can be read.
   * @throws SPY_OTLP_MALFORMED, SPY_OTLP_JSON
   */
  decode(body: Buffer, { signal, isJson, window, isKnown = false }: DecodeOptions): Decoded {
    const report = this.#report
    report.reset()
    const bytes = isJson ? protobufFromJson(body, signal, report) : body
    const { blocks, accepted, events = [], errors = [] } = this.#decodeSignal(bytes, { signal, window, isKnown })
    const { rejected, truncated, message } = report
    if (accepted === 0 && report.broken > 0) throw fail(isJson ? 'SPY_OTLP_JSON' : 'SPY_OTLP_MALFORMED', [message])
    return { blocks: blocks.filter(({ rows }) => rows > 0), accepted, rejected, truncated, message, events, errors }
  }

  #decodeSignal(bytes: Buffer, { signal, window, isKnown }: { signal: Signal; window: TimeWindow; isKnown: boolean }): Rows {
    if (signal === 'traces') return this.#decodeTraces(bytes, window)
    return signal === 'logs' ? this.#decodeLogs(bytes, window, isKnown) : this.#decodeMetrics(bytes, window)
  }

  #decodeTraces(bytes: Buffer, window: TimeWindow): Rows {
    const decoder = this.#traces
    const rollup = new RollupBuilder()
    decoder.reset()
    decoder.decode(bytes, window, rollup)
    const { block, times } = decoder
    return { blocks: [block, times.finish(), ...rollup.finish()], accepted: block.rows }
  }

  #decodeLogs(bytes: Buffer, window: TimeWindow, isKnown: boolean): Rows {
    const decoder = this.#logs
    decoder.reset()
    decoder.decode(this.#redactor.redact(bytes, 'logs'), window, isKnown)
    const { block } = decoder
    const events = [...decoder.events]
    return { blocks: events.length > 0 ? [block, eventBlock(events)] : [block], accepted: block.rows, events }
  }

  #decodeMetrics(bytes: Buffer, window: TimeWindow): Rows {
    const decoder = this.#metrics
    const rollup = new RollupBuilder()
    decoder.reset()
    decoder.decode(this.#redactor.redact(bytes, 'metrics'), window, rollup)
    const { accepted, blocks } = decoder
    return { blocks: [...blocks, ...rollup.finish()], accepted, errors: rollup.errors }
  }
}
