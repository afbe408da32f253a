/** Turns a kept record into spans. Only here are names and attributes made. */
import { attr } from '../contract/telemetry.ts'
import type { SpanEvent, SpanRecord } from '../otlp/records.ts'
import { baggageAttributes } from './baggage-attributes.ts'
import type { Child } from './child.ts'
import { toEpochMs } from './clock.ts'
import { loopBlockEvents } from './loop-block-events.ts'
import { newTraceId } from './ids.ts'
import { exceptionEvent, statusField } from './span-parts.ts'
import type { KeepReason, TraceRecord } from './trace-record.ts'

/** `GET /shop/orders/:id`; the method alone when neither a route nor a path is known. */
export function spanNameOf(record: TraceRecord): string {
  const { method, target, additions } = record
  return additions?.name ?? (target ? `${method} ${target}`.trimStart() : method || 'root')
}

/** The spans of a record: root first. `nowMs` ends what still runs, which is marked as partial. */
export function spansOf(record: TraceRecord, reason: KeepReason, nowMs: number): SpanRecord[] {
  const spans: SpanRecord[] = [rootSpan(record, reason, nowMs)]
  for (const child of record.children ?? []) spans.push(childSpan(child, nowMs))
  return spans
}

/** The status of its kind, 0 while it is not known. */
export function statusOf(record: TraceRecord): number {
  const { kind, detail } = record
  return (detail && kind.status?.(record, detail)) ?? 0
}

/** The span of the root alone. */
export function rootSpan(record: TraceRecord, reason: KeepReason, nowMs: number): SpanRecord {
  const { additions, kind, detail = {} } = record
  const partial = record.endMs === 0
  const status = statusOf(record)
  return {
    traceId: record.traceId,
    spanId: record.spanId,
    parentSpanId: record.parentSpanId,
    traceState: record.traceState,
    flags: record.flags,
    name: spanNameOf(record),
    kind: kind.spanKind(detail),
    startMs: toEpochMs(record.startMs),
    endMs: toEpochMs(partial ? nowMs : record.endMs),
    attributes: {
      ...baggageAttributes(record),
      ...record.said?.safe,
      ...kind.attributes(record, detail, status),
      [attr.errorFingerprint]: record.errorFingerprint,
      [attr.keepReason]: reason,
      [attr.droppedChildren]: record.droppedChildren || undefined,
      [attr.partial]: partial || undefined,
      ...additions?.attributes,
    },
    events: [
      ...(additions?.events ?? []),
      ...loopBlockEvents(record.startMs, record.endMs || nowMs),
      ...exceptionEvents(record.error, nowMs),
    ],
    ...linksOf(record),
    ...statusField(additions, status >= 500 || record.error !== undefined, record.error),
  }
}

function linksOf({ kind, detail, additions }: TraceRecord): Pick<SpanRecord, 'links'> {
  const links = [...((detail && kind.links?.(detail)) ?? []), ...(additions?.links ?? [])]
  return links.length > 0 ? { links } : {}
}

/** One child as a span; what still runs ends at `nowMs` and is marked as partial. */
export function childSpan(child: Child, nowMs: number): SpanRecord {
  const { record } = child
  const part = child.kind.span(child)
  return {
    traceId: record?.traceId ?? newTraceId(),
    spanId: child.spanId,
    parentSpanId: child.parent?.spanId ?? record?.spanId,
    flags: record?.flags ?? 1,
    startMs: toEpochMs(child.startMs),
    endMs: toEpochMs(child.ended ? child.endMs : Math.max(nowMs, child.startMs)),
    ...part,
    attributes: { ...part.attributes, [attr.partial]: child.ended ? undefined : true },
  }
}

function exceptionEvents(error: unknown, nowMs: number): SpanEvent[] {
  return error === undefined ? [] : [exceptionEvent(error, toEpochMs(nowMs))]
}
