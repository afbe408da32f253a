/**
 * Records every request with what happens inside it, and decides at the end whether it is kept. The hooks of instrument/ call it; it
 * knows no library. Aggregates count everything; spans are made for kept records only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refusal, StatementInput } from '../current-agent.ts'
import type { Aggregates } from '../aggregate/aggregates.ts'
import type { OtlpExporter } from '../otlp/exporter.ts'
import { type StatementShape, StatementShapes } from '../sql/statement-shapes.ts'
import { CapturedStack } from '../call-site/call-site.ts'
import { type ChildObserver, ClientChild, ManualChild, StatementChild } from './child-record.ts'
import { now } from './clock.ts'
import { RequestContext, currentRequestContext, enterRequestContext } from './context.ts'
import { errorTypeOf } from './error-text.ts'
import { KeepDecision, type KeepPolicy } from './keep-decision.ts'
import { RunningRecords } from './running.ts'
import { childSpan, refusalOf, spansOf, statusOf } from './trace-export.ts'
import { type KeepReason, type ManualRoot, TraceRecord } from './trace-record.ts'

export interface RecorderOptions {
  readonly aggregates: Aggregates
  readonly exporter: Pick<OtlpExporter, 'exportSpans'>
  /** Whether the process may host several applications, so that requests and statements are counted by application. */
  readonly countsByApplication?: boolean
  readonly policy: KeepPolicy & { readonly slowStatementMs: number; readonly partialAfterMs: number }
}

type AnyFunction = (...args: never[]) => unknown

/** A statement that was slow has its call sites captured for this long. */
const KNOWN_SLOW_MS = 60_000
/** If a slow statement runs more often than this, not every call site is captured: the first one on its route is used. */
const CAPTURE_EVERY_MS = 20
/** Maximum routes for which a statement's first call site is remembered. */
const MAX_FIRST_SITES = 64
/** Finds the application's own span that runs now. Set when an application uses the OpenTelemetry API. */
export type ManualParent = (requestContext: RequestContext) => ManualChild | undefined

export class Recorder implements ChildObserver {
  readonly shapes = new StatementShapes()
  readonly aggregates: Aggregates
  readonly decision: KeepDecision
  readonly #exporter: Pick<OtlpExporter, 'exportSpans'>
  readonly #policy: RecorderOptions['policy']
  readonly #countsByApplication: boolean
  readonly running = new RunningRecords()
  /** Called with the time of each record: the spool. */
  onActivity: (nowMs: number) => void = () => {}
  /** Whether calls to other services carry our trace context; an application's own SDK takes that over. */
  propagates = true
  manualParent: ManualParent = () => undefined

  constructor({ aggregates, exporter, policy, countsByApplication = false }: RecorderOptions) {
    this.#countsByApplication = countsByApplication
    this.aggregates = aggregates
    this.decision = new KeepDecision(policy)
    this.#exporter = exporter
    this.#policy = policy
  }

  get active(): number {
    return this.running.size
  }

  /** Begins the record of a request and makes it the context of all that follows. */
  beginRequest(request: IncomingMessage, response: ServerResponse): TraceRecord {
    const requestContext = new RequestContext(undefined)
    const record = new TraceRecord(now(), requestContext, { request, response })
    requestContext.record = record
    this.running.add(record)
    enterRequestContext(requestContext)
    this.onActivity(record.startMs)
    return record
  }

  /** Ends it at the response's `close`, which comes for every request, answered or not. */
  endRequest(record: TraceRecord): void {
    const { response } = record
    if (!response || record.endMs !== 0) return
    record.endMs = now()
    record.aborted = !response.writableFinished
    try {
      record.observer?.requestEnded(record)
    } finally {
      this.#conclude(record)
    }
  }

  /** Counts a request and decides whether it is kept. */
  #conclude(record: TraceRecord): void {
    const status = statusOf(record)
    if (status >= 400 && status < 500) record.error = undefined // the application made an answer to the client of it
    const seconds = record.durationMs / 1000
    const refusal = refusalOf(record)
    const application = this.#countsByApplication ? record.application : undefined
    const counted = { method: record.method, route: record.route, status, errorType: refusal?.reason, application }
    const slowMs = this.aggregates.countRequest(counted, seconds, record.endMs)
    this.#finish(record, this.decision.reasonFor(record, status, slowMs))
    this.onActivity(record.endMs)
  }

  /** Counts a request that the server refused before it could be read. */
  countRefused(method: string, { reason, status }: Refusal, seconds: number): void {
    this.aggregates.countRequest({ method, route: '', status, errorType: reason }, seconds, now())
  }

  /** Begins a root that no request stands behind: a job, a consumer of a queue. */
  beginManualRoot(origin: ManualRoot): TraceRecord {
    const requestContext = new RequestContext(undefined)
    const record = new TraceRecord(now(), requestContext, origin)
    requestContext.record = record
    return record
  }

  endManualRoot(record: TraceRecord): void {
    if (record.endMs !== 0) return
    record.endMs = now()
    this.#finish(record, record.additions?.status?.code === 'error' ? 'error' : this.decision.reasonFor(record, 0, 0))
  }

  startStatement(input: StatementInput, calledFrom: AnyFunction | CapturedStack | undefined): StatementChild {
    const shape = this.shapes.of(input.text, input.system)
    const within = this.#within()
    const site = this.#siteOf(input, calledFrom)
    const { system, pool, waitMs } = input
    const child = new StatementChild(this, within, { shape, system, pool, waitMs, site, clock: now })
    within.record?.adopt(child)
    return child
  }

  /**
   * Takes the stack when it may be wanted: for a statement known to be slow, and for the first execution on a route, which is
   * remembered so that the first slow one has its place as well.
   */
  captureFor({ text, system }: { readonly text: string; readonly system: string }, calledFrom: AnyFunction): CapturedStack | undefined {
    const shape = this.shapes.of(text, system)
    const route = currentRequestContext()?.root.record?.routeTemplate ?? ''
    const isFirst = !shape.firstSites.has(route) && shape.firstSites.size < MAX_FIRST_SITES
    if (!isFirst && !isDueForCapture(shape)) return undefined
    const site = new CapturedStack(calledFrom)
    if (isFirst) shape.firstSites.set(route, site.frames())
    return site
  }

  /** A place taken before the statement waited for its connection is the true one: when it starts, nobody of the application is on the stack. */
  #siteOf(input: StatementInput, calledFrom: AnyFunction | CapturedStack | undefined): CapturedStack | undefined {
    const taken = input.callSite ?? calledFrom
    if (taken instanceof CapturedStack) return taken
    return typeof calledFrom === 'function' ? this.captureFor(input, calledFrom) : undefined
  }

  startClient(call: { method: string; origin: string; path: string }): ClientChild {
    const within = this.#within()
    const child = new ClientChild(this, { ...within, startMs: now() }, call)
    within.record?.adopt(child)
    return child
  }

  startManual(
    within: { record: TraceRecord; parent: ManualChild | undefined },
    span: ConstructorParameters<typeof ManualChild>[2],
    startMs: number,
  ): ManualChild {
    const child = new ManualChild(this, { ...within, startMs }, span)
    within.record.adopt(child)
    return child
  }

  statementEnded(child: StatementChild): void {
    const durationMs = child.endMs - child.startMs
    const errorType = child.error === undefined ? '' : errorTypeOf(child.error)
    const { shape, system, pool, record } = child
    const application = this.#countsByApplication ? record?.application : undefined
    this.aggregates.countStatement({ shape, system, pool, seconds: durationMs / 1000, errorType, application })
    const slow = durationMs >= this.#policy.slowStatementMs
    if (slow) {
      child.shape.slowUntil = child.endMs + KNOWN_SLOW_MS
      if (child.record) child.record.hadSlowStatement = true
      else if (this.decision.admit(child.endMs)) this.#exporter.exportSpans([childSpan(child, child.endMs)])
    }
    this.#exportLate(child)
    this.onActivity(child.endMs)
  }

  clientEnded(child: ClientChild): void {
    const errorType = child.error === undefined ? '' : errorTypeOf(child.error)
    const { origin, method, status } = child
    this.aggregates.countClient({ origin, method, status, seconds: (child.endMs - child.startMs) / 1000, errorType })
    this.#exportLate(child)
    this.onActivity(child.endMs)
  }

  manualEnded(child: ManualChild): void {
    this.#exportLate(child)
  }

  /** Sends partial records of long-running requests. Called about once a second. */
  exportLongRunning(nowMs: number = now()): void {
    for (const record of this.running.olderThan(nowMs - this.#policy.partialAfterMs)) {
      if (record.partialSent) continue
      record.partialSent = true
      if (this.decision.admit(nowMs)) this.#export(record, 'running', nowMs)
    }
  }

  /** A record that was sent while it ran must be superseded, whatever the limit. */
  #finish(record: TraceRecord, reason: KeepReason | undefined): void {
    this.running.remove(record)
    if (reason && (record.kept !== undefined || this.decision.admit(record.endMs))) this.#export(record, reason, record.endMs)
    record.requestContext.record = undefined
    record.requestContext.context = undefined
    record.request = undefined
    record.response = undefined
    record.observer = undefined
    record.children = undefined
  }

  #export(record: TraceRecord, reason: KeepReason, nowMs: number): void {
    record.kept = reason
    this.#exporter.exportSpans(spansOf(record, reason, nowMs))
  }

  /** A child that outlives its kept request was sent unfinished with it, and is sent again now. */
  #exportLate(child: StatementChild | ClientChild | ManualChild): void {
    if (child.record?.kept !== undefined && child.record.endMs !== 0) this.#exporter.exportSpans([childSpan(child, child.endMs)])
  }

  #within(): { record: TraceRecord | undefined; parent: ManualChild | undefined } {
    const requestContext = currentRequestContext()
    const record = requestContext?.root.record
    return { record, parent: requestContext && record ? this.manualParent(requestContext) : undefined }
  }
}

function isDueForCapture(shape: StatementShape): boolean {
  if (shape.slowUntil === 0) return false
  const nowMs = now()
  if (shape.slowUntil < nowMs || shape.captureNotBefore > nowMs) return false
  shape.captureNotBefore = nowMs + CAPTURE_EVERY_MS
  return true
}
