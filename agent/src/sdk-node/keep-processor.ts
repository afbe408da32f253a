/**
 * Our keep decision for the stock SDK: the spans of a trace are held until the local root ends, then all of them are sent or none. Every
 * span counts in the aggregates first, so rates and quantiles are those of all requests.
 */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { Aggregates } from '../aggregate/aggregates.ts'
import { attr } from '../contract/telemetry.ts'
import { attempt } from '../guard/guard.ts'
import type { OtlpExporter } from '../otlp/exporter.ts'
import type { KeepDecision } from '../recorder/keep-decision.ts'
import type { StatementShapes } from '../sql/statement-shapes.ts'
import { type ReadableSpan, type SpanProcessor, msOf, spanRecordOf } from './span-conversion.ts'

export interface KeepProcessorOptions {
  readonly aggregates: Aggregates
  readonly decision: KeepDecision
  readonly shapes: StatementShapes
  readonly exporter: Pick<OtlpExporter, 'exportSpans' | 'flush'>
  readonly slowStatementMs: number
}

/** Traces whose local root has not ended; beyond this the oldest is let go. */
const MAX_OPEN_TRACES = 2000
const MAX_SPANS = 512
const FLUSH_MS = 2000

interface OpenTrace {
  readonly spans: ReadableSpan[]
  hadSlowStatement: boolean
}

export class KeepProcessor implements SpanProcessor {
  readonly #options: KeepProcessorOptions
  readonly #open = new Map<string, OpenTrace>()

  constructor(options: KeepProcessorOptions) {
    this.#options = options
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    attempt('sdk-node', () => this.#ended(span), undefined)
  }

  #ended(span: ReadableSpan): void {
    const routeSlowMs = this.#count(span)
    const { traceId } = span.spanContext()
    const trace = this.#open.get(traceId) ?? this.#opened(traceId)
    if (trace.spans.length < MAX_SPANS) trace.spans.push(span)
    trace.hadSlowStatement ||= isStatement(span) && msOf(span.duration) >= this.#options.slowStatementMs
    const isLocalRoot = span.parentSpanContext === undefined || span.parentSpanContext.isRemote === true
    if (isLocalRoot) this.#decide(traceId, trace, { span, routeSlowMs })
  }

  async forceFlush(): Promise<void> {
    await this.#options.exporter.flush(FLUSH_MS)
  }

  async shutdown(): Promise<void> {
    await this.forceFlush()
  }

  #opened(traceId: string): OpenTrace {
    if (this.#open.size >= MAX_OPEN_TRACES) {
      const [oldest = ''] = this.#open.keys()
      this.#open.delete(oldest)
      this.#options.decision.dropped++
    }
    const trace: OpenTrace = { spans: [], hadSlowStatement: false }
    this.#open.set(traceId, trace)
    return trace
  }

  #decide(traceId: string, trace: OpenTrace, root: { readonly span: ReadableSpan; readonly routeSlowMs: number }): void {
    this.#open.delete(traceId)
    const { decision, exporter } = this.#options
    const endMs = msOf(root.span.endTime)
    const outcome = {
      startMs: msOf(root.span.startTime),
      endMs,
      error: root.span.status.code === SpanStatusCode.ERROR ? root.span.status : undefined,
      aborted: false,
      leaked: false,
      hadSlowStatement: trace.hadSlowStatement,
      partialSent: false,
    }
    const reason = decision.reasonFor(outcome, statusOf(root.span), root.routeSlowMs)
    if (!reason || !decision.admit(endMs)) return
    exporter.exportSpans(trace.spans.map((span) => spanRecordOf(span, span === root.span ? { [attr.keepReason]: reason } : {})))
  }

  /** Counts the span; for a request the result is its route's own threshold in milliseconds. */
  #count(span: ReadableSpan): number {
    const { aggregates, shapes } = this.#options
    const seconds = msOf(span.duration) / 1000
    const text = (key: string): string => textOf(span.attributes[key])
    if (span.kind === SpanKind.SERVER) {
      const request = { method: text(attr.httpMethod), route: text(attr.httpRoute), status: statusOf(span) }
      return aggregates.countRequest(request, seconds, msOf(span.endTime))
    }
    const errorType = span.status.code === SpanStatusCode.ERROR ? text(attr.errorType) || 'error' : ''
    if (isStatement(span)) {
      const system = text(attr.dbSystem)
      const pool = text(attr.dbPool) || text(attr.dbNamespace)
      aggregates.countStatement({ shape: shapes.of(text(attr.dbQueryText), system), system, pool, seconds, errorType })
    } else if (span.kind === SpanKind.CLIENT && span.attributes[attr.httpMethod] !== undefined) {
      const origin = URL.parse(text(attr.urlFull))?.origin ?? text(attr.serverAddress)
      aggregates.countClient({ origin, method: text(attr.httpMethod), status: statusOf(span), seconds, errorType })
    }
    return 0
  }
}

function isStatement(span: ReadableSpan): boolean {
  return span.kind === SpanKind.CLIENT && span.attributes[attr.dbQueryText] !== undefined
}

function statusOf(span: ReadableSpan): number {
  return Number(span.attributes[attr.httpStatus] ?? 0)
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
