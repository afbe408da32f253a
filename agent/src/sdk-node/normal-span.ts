/**
 * A span of a contrib instrumentation in our terms: statements without their literals, and the stable names of the semantic conventions where an
 * older instrumentation uses the former ones.
 */
import { SpanKind } from '@opentelemetry/api'
import { attr } from '../contract/telemetry.ts'
import type { AttributesInput, SpanKindNumber, SpanRecord } from '../otlp/records.ts'
import type { StatementShape, StatementShapes } from '../sql/statement-shapes.ts'
import { type ReadableSpan, msOf } from './sdk-span.ts'

/** OpenTelemetry's SpanStatusCode. */
const STATUS = [undefined, 'ok', 'error'] as const

export interface NormalSpan {
  readonly span: ReadableSpan
  readonly name: string
  readonly attributes: AttributesInput
  /** Of the response; 0 when there is none. */
  readonly status: number
  /** For a statement. */
  readonly shape: StatementShape | undefined
  /** An attribute as text; empty when it is missing. */
  readonly text: (name: string) => string
}

/** Former name to stable name. */
const STABLE: Readonly<Record<string, string>> = {
  'db.statement': attr.dbQueryText,
  'db.system': attr.dbSystem,
  'db.name': attr.dbNamespace,
  'db.operation': attr.dbOperation,
  'http.method': attr.httpMethod,
  'http.status_code': attr.httpStatus,
  'http.url': attr.urlFull,
  'http.scheme': attr.urlScheme,
  'http.user_agent': attr.userAgent,
  'net.peer.name': attr.serverAddress,
  'net.peer.port': attr.serverPort,
}

export function normalSpanOf(span: ReadableSpan, shapes: StatementShapes): NormalSpan {
  const attributes: Record<string, AttributesInput[string]> = {}
  for (const [name, value] of Object.entries(span.attributes as AttributesInput)) attributes[STABLE[name] ?? name] ??= value
  const text = (name: string): string => textOf(attributes[name])
  const raw = text(attr.dbQueryText)
  const shape = raw !== '' && span.kind === SpanKind.CLIENT ? shapes.of(raw, text(attr.dbSystem)) : undefined
  let name = span.name
  if (raw !== '') {
    const safe = shape ?? shapes.of(raw, text(attr.dbSystem))
    attributes[attr.dbQueryText] = safe.text
    attributes[attr.sqlDigest] = safe.digest
    attributes[attr.dbOperation] ??= safe.operation || undefined
    name = name.replaceAll(raw, () => safe.text) // some instrumentations name the span by the statement
  }
  return { span, name, attributes, status: Number(attributes[attr.httpStatus] ?? 0), shape, text }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** In the exporter's form. `added` are attributes of ours. */
export function spanRecordOf({ span, name, attributes: normal }: NormalSpan, added: AttributesInput = {}): SpanRecord {
  const { traceId, spanId, traceState, traceFlags } = span.spanContext()
  const status = STATUS[span.status.code]
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    traceState: traceState?.serialize(),
    flags: traceFlags,
    name,
    kind: (span.kind + 1) as SpanKindNumber, // the API counts from 0, the protocol from 1
    startMs: msOf(span.startTime),
    endMs: msOf(span.endTime),
    attributes: { ...normal, ...added },
    events: span.events.map(({ time, name, attributes }) => ({ timeMs: msOf(time), name, attributes: attributes as AttributesInput })),
    links: span.links.map(({ context, attributes }) => ({ ...context, attributes: attributes as AttributesInput })),
    scope: span.instrumentationScope,
    ...(status ? { status: { code: status, message: span.status.message } } : {}),
  }
}
