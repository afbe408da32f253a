/** What the exporter takes. Times are milliseconds since the epoch, with fractions; ids are hexadecimal. */

export type AttributeInput = string | number | bigint | boolean | readonly (string | number | boolean)[]

/** Attributes; undefined values are omitted. Integers are sent as int, other numbers as double. */
export type AttributesInput = Readonly<Record<string, AttributeInput | undefined>>

export interface Scope {
  readonly name: string
  readonly version?: string
}

export const SPAN_KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const
export type SpanKindNumber = (typeof SPAN_KIND)[keyof typeof SPAN_KIND]

export interface SpanEvent {
  readonly timeMs: number
  readonly name: string
  readonly attributes?: AttributesInput
}

export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes?: AttributesInput
}

export interface SpanRecord {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  readonly parentSpanId?: string | undefined
  readonly traceState?: string | undefined
  /** W3C trace flags; 1 by default. */
  readonly flags?: number
  readonly name: string
  readonly kind: SpanKindNumber
  readonly startMs: number
  readonly endMs: number
  readonly attributes?: AttributesInput
  readonly events?: readonly SpanEvent[]
  readonly links?: readonly SpanLink[]
  readonly status?: { readonly code: 'ok' | 'error'; readonly message?: string | undefined }
  /** Default: the exporter's own scope. */
  readonly scope?: Scope | undefined
}

export interface NumberPoint {
  readonly attributes?: AttributesInput
  readonly startMs?: number
  readonly timeMs: number
  readonly value: number
}

export interface ExponentialPoint {
  readonly attributes?: AttributesInput
  readonly startMs: number
  readonly timeMs: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly scale: number
  readonly zeroCount: number
  /** Index of the first bucket in `counts`. */
  readonly offset: number
  readonly counts: readonly number[]
}

export type Temporality = 'delta' | 'cumulative'

interface MetricCommon {
  readonly name: string
  readonly description?: string
  readonly unit?: string
}

export type MetricRecord =
  | (MetricCommon & { readonly type: 'gauge'; readonly points: readonly NumberPoint[] })
  | (MetricCommon & {
      readonly type: 'sum'
      readonly monotonic: boolean
      readonly temporality: Temporality
      readonly points: readonly NumberPoint[]
    })
  | (MetricCommon & {
      readonly type: 'exponentialHistogram'
      readonly temporality: Temporality
      readonly points: readonly ExponentialPoint[]
    })

export interface LogRecord {
  readonly timeMs: number
  /** When it was taken in; the time by default. */
  readonly observedMs?: number
  /** 1–24 after OpenTelemetry: 5 debug, 9 info, 13 warn, 17 error, 21 fatal. */
  readonly severityNumber: number
  readonly severityText?: string
  readonly body: string
  readonly attributes?: AttributesInput
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  readonly eventName?: string
}
