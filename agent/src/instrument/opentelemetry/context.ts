/** OpenTelemetry's immutable context, so that the API need not be loaded before the application loads it. */
import type { Context, Span } from '@opentelemetry/api'
import type { OutgoingTrace } from '../../recorder/propagation.ts'

/** The API makes its keys by Symbol.for, so that several copies of it agree; this is the active span's. */
const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN')

export class SpyglassContext implements Context {
  readonly #values: ReadonlyMap<symbol, unknown>

  constructor(values: ReadonlyMap<symbol, unknown> = new Map()) {
    this.#values = values
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key)
  }

  setValue(key: symbol, value: unknown): Context {
    return new SpyglassContext(new Map(this.#values).set(key, value))
  }

  deleteValue(key: symbol): Context {
    const values = new Map(this.#values)
    values.delete(key)
    return new SpyglassContext(values)
  }
}

export const ROOT_CONTEXT: Context = new SpyglassContext()

export function spanIn(context: Context): Span | undefined {
  return context.getValue(SPAN_KEY) as Span | undefined
}

export function withSpan(context: Context, span: Span): Context {
  return context.setValue(SPAN_KEY, span)
}

/** Marks the spans of the agent's own provider. */
export const OWN = Symbol('spyglass.span')

/** The trace that a call made in this context continues; undefined without a valid span. */
export function outgoingTraceIn(context: Context): OutgoingTrace | undefined {
  const span = spanIn(context)?.spanContext()
  if (!span || /^0*$/.test(span.traceId) || /^0*$/.test(span.spanId)) return undefined
  return { traceId: span.traceId, spanId: span.spanId, flags: span.traceFlags, traceState: span.traceState?.serialize() || undefined }
}

/** The same if the span is none of the agent's: of another service, or made by the application itself. */
export function foreignTraceIn(context: Context): OutgoingTrace | undefined {
  const span = spanIn(context)
  return span && !(OWN in span) ? outgoingTraceIn(context) : undefined
}
