/** `opentelemetry.proto.trace.v1.Span`. */
import { RECORD_FIELD, nanos, writeAttributes } from './encode-common.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import type { SpanEvent, SpanLink, SpanRecord } from './records.ts'

const STATUS = { ok: 1, error: 2 } as const

/** Writes one span as an entry of ScopeSpans. */
export function writeSpan(writer: ProtobufWriter, span: SpanRecord): void {
  const start = writer.begin(RECORD_FIELD)
  writer.hex(1, span.traceId)
  writer.hex(2, span.spanId)
  if (span.traceState) writer.string(3, span.traceState)
  if (span.parentSpanId) writer.hex(4, span.parentSpanId)
  writer.string(5, span.name)
  writer.uint(6, span.kind)
  writer.fixed64(7, nanos(span.startMs))
  writer.fixed64(8, nanos(span.endMs))
  writeAttributes(writer, 9, span.attributes)
  for (const event of span.events ?? []) writeEvent(writer, event)
  for (const link of span.links ?? []) writeLink(writer, link)
  if (span.status) writeStatus(writer, span.status)
  writer.fixed32(16, span.flags ?? 1)
  writer.end(start)
}

function writeEvent(writer: ProtobufWriter, event: SpanEvent): void {
  const start = writer.begin(11)
  writer.fixed64(1, nanos(event.timeMs))
  writer.string(2, event.name)
  writeAttributes(writer, 3, event.attributes)
  writer.end(start)
}

function writeLink(writer: ProtobufWriter, link: SpanLink): void {
  const start = writer.begin(13)
  writer.hex(1, link.traceId)
  writer.hex(2, link.spanId)
  writeAttributes(writer, 4, link.attributes)
  writer.end(start)
}

function writeStatus(writer: ProtobufWriter, status: NonNullable<SpanRecord['status']>): void {
  const start = writer.begin(15)
  if (status.message) writer.string(2, status.message)
  writer.uint(3, STATUS[status.code])
  writer.end(start)
}
