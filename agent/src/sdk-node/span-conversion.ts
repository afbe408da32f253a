/** Spans of the stock SDK in the exporter's form. */
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import type { AttributesInput, SpanKindNumber, SpanRecord } from '../otlp/records.ts'

export type SpanProcessor = NonNullable<NodeSDKConfiguration['spanProcessors']>[number]
export type ReadableSpan = Parameters<SpanProcessor['onEnd']>[0]

type HrTime = readonly [seconds: number, nanoseconds: number]

/** OpenTelemetry's SpanStatusCode. */
const STATUS = [undefined, 'ok', 'error'] as const

export const msOf = ([seconds, nanoseconds]: HrTime): number => seconds * 1000 + nanoseconds / 1e6

/** `added` are attributes of ours. */
export function spanRecordOf(span: ReadableSpan, added: AttributesInput = {}): SpanRecord {
  const { traceId, spanId, traceState, traceFlags } = span.spanContext()
  const status = STATUS[span.status.code]
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    traceState: traceState?.serialize(),
    flags: traceFlags,
    name: span.name,
    kind: (span.kind + 1) as SpanKindNumber, // the API counts from 0, the protocol from 1
    startMs: msOf(span.startTime),
    endMs: msOf(span.endTime),
    attributes: { ...(span.attributes as AttributesInput), ...added },
    events: span.events.map(({ time, name, attributes }) => ({ timeMs: msOf(time), name, attributes: attributes as AttributesInput })),
    links: span.links.map(({ context, attributes }) => ({ ...context, attributes: attributes as AttributesInput })),
    scope: span.instrumentationScope,
    ...(status ? { status: { code: status, message: span.status.message } } : {}),
  }
}
