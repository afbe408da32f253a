/** OpenTelemetry's immutable context, so that the API need not be loaded before the application loads it. */
import type { Context, Span } from '@opentelemetry/api'

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
