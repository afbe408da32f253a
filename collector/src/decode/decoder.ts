/** From an OTLP body to blocks of columns, for all three signals. The decoders keep their buffers between requests. */
import { RollupBuilder } from '../rollup/index.ts'
import { eventBlock } from './event-rows.ts'
import { LogDecoder, type OriginatedEvent } from './logs.ts'
import { MetricDecoder } from './metrics.ts'
import { protobufFromJson } from './otlp-json.ts'
import type { TableBlock } from '../native/table-block.ts'
import type { TimeWindow } from './time-window.ts'
import { TraceDecoder } from './traces.ts'

export type Signal = 'traces' | 'metrics' | 'logs'

export interface Decoded {
  /** Blocks with rows. They belong to the decoder: encode them before it is used again. */
  readonly blocks: readonly TableBlock[]
  /** Spans, data points or log records taken. */
  readonly accepted: number
  /** Items outside the time window. */
  readonly rejected: number
  /** Attributes and details cut off. */
  readonly truncated: number
  readonly events: readonly OriginatedEvent[]
}

export interface DecodeOptions {
  readonly signal: Signal
  readonly isJson: boolean
  readonly window: TimeWindow
}

export class OtlpDecoder {
  readonly #traces = new TraceDecoder()
  readonly #metrics = new MetricDecoder()
  readonly #logs = new LogDecoder()

  /** @throws SPY_OTLP_MALFORMED, SPY_OTLP_JSON */
  decode(body: Buffer, { signal, isJson, window }: DecodeOptions): Decoded {
    const bytes = isJson ? protobufFromJson(body, signal) : body
    const decoded = signal === 'traces' ? this.#decodeTraces(bytes, window) : this.#decodeOthers(signal, bytes, window)
    return { ...decoded, blocks: decoded.blocks.filter(({ rows }) => rows > 0) }
  }

  #decodeTraces(bytes: Buffer, window: TimeWindow): Decoded {
    const decoder = this.#traces
    const rollup = new RollupBuilder()
    decoder.reset()
    decoder.decode(bytes, window, rollup)
    const { rejected, truncated, block } = decoder
    return { blocks: [block, decoder.times.finish(), ...rollup.finish()], accepted: block.rows, rejected, truncated, events: [] }
  }

  #decodeOthers(signal: Signal, bytes: Buffer, window: TimeWindow): Decoded {
    if (signal === 'logs') {
      const decoder = this.#logs
      decoder.reset()
      decoder.decode(bytes, window)
      const { rejected, truncated, block } = decoder
      const events = [...decoder.events]
      return { blocks: events.length > 0 ? [block, eventBlock(events)] : [block], accepted: block.rows, rejected, truncated, events }
    }
    const decoder = this.#metrics
    const rollup = new RollupBuilder()
    decoder.reset()
    decoder.decode(bytes, window, rollup)
    const { rejected, truncated, accepted } = decoder
    return { blocks: [...decoder.blocks, ...rollup.finish()], accepted, rejected, truncated, events: [] }
  }
}
