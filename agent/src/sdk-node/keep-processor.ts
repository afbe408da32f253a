/**
 * Our keep decision for the stock SDK: the spans of a local root are held until it ends, then all of them are sent or none. A span that ends
 * later follows the decision. Every span counts in the aggregates first, so rates and quantiles are those of all requests.
 */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { Aggregates } from '../aggregate/aggregates.ts'
import { attr } from '../contract/telemetry.ts'
import { attempt } from '../guard/guard.ts'
import type { OtlpExporter } from '../otlp/exporter.ts'
import type { AttributesInput } from '../otlp/records.ts'
import type { KeepDecision } from '../recorder/keep-decision.ts'
import { RootAttributes } from '../recorder/root-attributes.ts'
import { type KeepReason } from '../recorder/trace-record.ts'
import type { StatementShapes } from '../sql/statement-shapes.ts'
import { LocalTraces, type LocalTrace, noteSent } from './local-traces.ts'
import { type NormalSpan, normalSpanOf, spanRecordOf } from './normal-span.ts'
import { type ReadableSpan, type SpanProcessor, msOf } from './sdk-span.ts'

export interface KeepProcessorOptions {
  readonly aggregates: Aggregates
  readonly decision: KeepDecision
  readonly shapes: StatementShapes
  readonly exporter: Pick<OtlpExporter, 'exportSpans' | 'flush'>
  readonly slowStatementMs: number
}

const MAX_SPANS = 512
const FLUSH_MS = 2000

type Started = Parameters<SpanProcessor['onStart']>[0]

export class KeepProcessor implements SpanProcessor {
  #options: KeepProcessorOptions | undefined
  readonly #traces = new LocalTraces<NormalSpan>(() => {
    if (this.#options) this.#options.decision.dropped++
  })

  /** The SDK is made first, so that what the agent opens can be hidden from it. Spans that end before this are not recorded. */
  begin(options: KeepProcessorOptions): void {
    this.#options = options
  }

  /** Those of the local root that a running span belongs to. */
  attributesOf(spanId: string): RootAttributes | undefined {
    const trace = this.#traces.of(spanId)
    return trace && (trace.said ??= new RootAttributes())
  }

  onStart(span: Started): void {
    attempt('sdk-node', () => this.#traces.started(span.spanContext(), span.parentSpanContext), undefined)
  }

  onEnd(span: ReadableSpan): void {
    const options = this.#options
    if (options) attempt('sdk-node', () => this.#ended(span, options), undefined)
  }

  async forceFlush(): Promise<void> {
    await this.#options?.exporter.flush(FLUSH_MS)
  }

  async shutdown(): Promise<void> {
    await this.forceFlush()
  }

  #ended(span: ReadableSpan, options: KeepProcessorOptions): void {
    const normal = normalSpanOf(span, options.shapes)
    const routeSlowMs = count(normal, options.aggregates)
    const { spanId } = span.spanContext()
    const trace = this.#traces.of(spanId)
    if (!trace) return // let go, and counted as dropped then
    trace.hadSlowStatement ||= normal.shape?.isWait === false && msOf(span.duration) >= options.slowStatementMs
    if (trace.reason !== undefined) send(trace, [normal], options.exporter)
    else if (!trace.isDecided) hold(trace, normal)
    if (spanId === trace.rootSpanId) decide(trace, { normal, routeSlowMs }, options)
    this.#traces.ended(spanId)
  }
}

/** The root always has its place. */
function hold(trace: LocalTrace<NormalSpan>, normal: NormalSpan): void {
  if (trace.held.length < MAX_SPANS || normal.span.spanContext().spanId === trace.rootSpanId) trace.held.push(normal)
  else trace.dropped++
}

function decide(
  trace: LocalTrace<NormalSpan>,
  { normal, routeSlowMs }: { readonly normal: NormalSpan; readonly routeSlowMs: number },
  { decision, exporter }: KeepProcessorOptions,
): void {
  const { span, status } = normal
  const endMs = msOf(span.endTime)
  const outcome = {
    startMs: msOf(span.startTime),
    endMs,
    error: span.status.code === SpanStatusCode.ERROR ? span.status : undefined,
    aborted: false,
    leaked: false,
    hadSlowStatement: trace.hadSlowStatement,
    partialSent: false,
  }
  const reason = decision.reasonFor(outcome, status, routeSlowMs)
  const held = trace.held.splice(0)
  trace.isDecided = true
  if (!reason || !decision.admit(endMs)) return
  trace.reason = reason
  send(trace, held, exporter)
}

/** A span whose parent is not sent with it hangs below the root. */
function send(trace: LocalTrace<NormalSpan>, spans: readonly NormalSpan[], exporter: KeepProcessorOptions['exporter']): void {
  for (const { span } of spans) noteSent(trace, span.spanContext().spanId)
  exporter.exportSpans(
    spans.map((normal) => {
      const isRoot = normal.span.spanContext().spanId === trace.rootSpanId
      const record = spanRecordOf(normal, isRoot ? rootAttributes(trace, trace.reason) : {})
      const isParentSent = isRoot || trace.sent.has(record.parentSpanId ?? '') || trace.running.has(record.parentSpanId ?? '')
      return isParentSent ? record : { ...record, parentSpanId: trace.rootSpanId }
    }),
  )
}

function rootAttributes({ dropped, said }: LocalTrace<NormalSpan>, reason: KeepReason | undefined): AttributesInput {
  return { ...said?.safe, [attr.keepReason]: reason, [attr.droppedChildren]: dropped || undefined }
}

/** Counts the span; for a request the result is its route's own threshold in milliseconds. */
function count({ span, status, shape, text }: NormalSpan, aggregates: Aggregates): number {
  const seconds = msOf(span.duration) / 1000
  if (span.kind === SpanKind.SERVER) {
    if (text(attr.httpMethod) === '') return 0 // of another protocol
    const request = { method: text(attr.httpMethod), route: text(attr.httpRoute), status }
    return aggregates.countRequest(request, seconds, msOf(span.endTime))
  }
  const errorType = span.status.code === SpanStatusCode.ERROR ? text(attr.errorType) || 'error' : ''
  if (shape) {
    const pool = text(attr.dbPool) || text(attr.dbNamespace)
    aggregates.countStatement({ shape, system: text(attr.dbSystem), pool, seconds, errorType })
  } else if (span.kind === SpanKind.CLIENT && text(attr.httpMethod) !== '') {
    const origin = URL.parse(text(attr.urlFull))?.origin ?? text(attr.serverAddress)
    const hasStatus = status >= 400 && errorType === String(status)
    aggregates.countClient({ origin, method: text(attr.httpMethod), status, seconds, errorType: hasStatus ? '' : errorType })
  }
  return 0
}
