/**
 * Records every request with what happens inside it, and decides at the end whether it is kept. The hooks of instrument/ call it; it
 * knows no library. Aggregates count everything; spans are made for kept records only.
 */
import { type Aggregates, knownMethod } from '../aggregate/aggregates.ts'
import { CapturedStack } from '../call-site/call-site.ts'
import type { Refusal } from '../contract/request-marks.ts'
import type { PoolWaitInput, StatementInput } from '../current-agent.ts'
import { attempt } from '../guard/guard.ts'
import type { OtlpExporter } from '../otlp/exporter.ts'
import type { AttributesInput, SpanRecord } from '../otlp/records.ts'
import { StatementShapes } from '../sql/statement-shapes.ts'
import { Child, type ChildKind, type ChildObserver, type ChildPlace } from './child.ts'
import { now } from './clock.ts'
import { RequestContext, currentRequestContext } from './context.ts'
import { errorTypeOf } from './error-text.ts'
import { answerGroupOf, ErrorGroups } from './error-group.ts'
import { isFailure, KeepDecision, type KeepPolicy } from './keep-decision.ts'
import { type PoolWait, poolWait } from './kinds/pool-wait.ts'
import { type Statement, statement } from './kinds/statement.ts'
import { RunningRecords } from './running.ts'
import type { StatementControl } from './statement-run.ts'
import { childSpan, spanNameOf, spansOf, statusOf } from './trace-export.ts'
import { mergeTwins } from './twice-seen.ts'
import type { Verdicts } from './verdict/verdicts.ts'
import type { LateWishes } from './wishes/late-wishes.ts'
import { type KeepReason, type RootCount, type RootKind, TraceRecord } from './trace-record.ts'

export interface RecorderOptions {
  readonly aggregates: Aggregates
  readonly exporter: Pick<OtlpExporter, 'exportSpans'>
  /** Says why kept records took their time. Default: nobody does. */
  readonly verdicts?: Verdicts | undefined
  /** What becomes of requests whose caller is kept later. Default: nothing. */
  readonly late?: Pick<LateWishes, 'isOpen' | 'isWanted' | 'hold' | 'want'> | undefined
  /** Whether the process may host several applications, so that requests and statements are counted by application. */
  readonly countsByApplication?: boolean
  readonly policy: KeepPolicy & { readonly slowStatementMs: number; readonly partialAfterMs: number }
}

/** The function of ours that the application called: frames down to it are omitted. */
type AnyFunction = (...args: never[]) => unknown

/** Finds the application's own span that runs now. Set when an application uses the OpenTelemetry API. */
export type ManualParent = (requestContext: RequestContext) => Child | undefined

export class Recorder implements ChildObserver {
  readonly shapes = new StatementShapes()
  readonly aggregates: Aggregates
  readonly decision: KeepDecision
  readonly #exporter: Pick<OtlpExporter, 'exportSpans'>
  readonly #verdicts: Verdicts | undefined
  readonly #late: RecorderOptions['late']
  readonly #policy: RecorderOptions['policy']
  readonly #countsByApplication: boolean
  readonly #rootCount: RootCount
  readonly running = new RunningRecords()
  /** Called with the time of each record: the spool. */
  onActivity: (nowMs: number) => void = () => {}
  readonly #errors = new ErrorGroups()
  /** Whether calls to other services carry our trace context; an application's own SDK takes that over. */
  propagates = true
  manualParent: ManualParent = () => undefined
  /** The application has loaded the OpenTelemetry API, whose spans come here. */
  hasForeignSpans = false
  /** Called with each request that was sent when it had ended: the profiler. */
  onKept: ((record: TraceRecord) => void) | undefined
  /** Set while statements are explained or cancelled. */
  control: StatementControl | undefined

  constructor({ aggregates, exporter, policy, verdicts, late, countsByApplication = false }: RecorderOptions) {
    this.#late = late
    this.#verdicts = verdicts
    this.#countsByApplication = countsByApplication
    this.aggregates = aggregates
    this.#rootCount = { aggregates, applicationOf: (record) => (countsByApplication ? record.application : undefined) }
    this.decision = new KeepDecision(policy)
    this.#exporter = exporter
    this.#policy = policy
  }

  /** Requests that are being served. */
  active = 0

  /** Begins the record of a request, job or message. It becomes the context of what its `requestContext` is entered or run with. */
  beginRoot<D extends object>(kind: RootKind<D>, detail: D): TraceRecord {
    const requestContext = new RequestContext(undefined)
    const record = new TraceRecord(now(), requestContext, kind, detail)
    requestContext.record = record
    if (kind.isTracked) this.running.add(record)
    if (kind.isRequest) this.active++
    this.onActivity(record.startMs)
    return record
  }

  /** Ends it, counts it, and decides whether it is kept. Further calls do nothing. */
  endRoot(record: TraceRecord, error?: unknown): void {
    const { kind, detail } = record
    if (!detail || record.endMs !== 0) return
    record.endMs = now()
    if (error !== undefined) record.error = error
    try {
      kind.ending?.(record, detail)
    } finally {
      try {
        record.observer?.requestEnded(record)
      } finally {
        this.#conclude(record, detail)
      }
    }
  }

  /** An application may have put anything into what the kind reads: a record that cannot be counted or sent is released all the same. */
  #conclude(record: TraceRecord, detail: object): void {
    try {
      const status = statusOf(record)
      if (status >= 400 && status < 500) record.error = undefined // the application made an answer to the client of it
      const slowMs = record.kind.count?.(record, detail, this.#rootCount, status) ?? 0
      if (isFailure(record, status)) attempt('error', () => this.#countError(record, detail, status), undefined)
      if (record.wish === 'hold' && this.#late?.isWanted(record.traceId)) record.becomeWanted()
      this.#keep(record, this.decision.reasonFor(record, status, slowMs))
    } finally {
      this.#release(record)
    }
    this.onActivity(record.endMs)
  }

  /** What is not counted as a root is not counted as an error either. */
  #countError(record: TraceRecord, detail: object, status: number): void {
    const { kind, error, method, target } = record
    if (!kind.count) return
    const type = kind.failureType?.(record, detail, status) ?? String(status)
    const group =
      error === undefined ? answerGroupOf(type, `${knownMethod(method)} ${target} was answered ${status}`) : this.#errors.of(error)
    record.errorFingerprint = group.fingerprint
    this.aggregates.countError(group, record.durationMs / 1000, this.#rootCount.applicationOf(record))
  }

  /** Counts an exception that nobody caught. */
  countUncaught(error: unknown): void {
    this.aggregates.countError(this.#errors.of(error), 0)
  }

  /** Counts a request that the server refused before it could be read. */
  countRefused(method: string, { reason, status }: Refusal, seconds: number): void {
    this.aggregates.countRequest({ method, route: '', status, errorType: reason }, seconds, now())
  }

  /**
   * Begins a child of what runs now. `from` is the place of the call, if it was taken before, or the function that the application
   * called, above which it is taken when the kind remembers call sites and wants one now.
   */
  startChild<D extends object>(kind: ChildKind<D>, detail: D, from?: AnyFunction | CapturedStack): Child<D> {
    const requestContext = currentRequestContext()
    const record = requestContext?.root.record
    const parent = requestContext && record && this.manualParent(requestContext)
    const site =
      from instanceof CapturedStack ? from : from && kind.memory?.(detail)?.capture(record?.routeTemplate ?? '', from, requestContext?.site)
    return this.#adopted(kind, detail, { record, parent, site, startMs: now() })
  }

  /** The same where it belongs and when it began are known. */
  startChildOf<D extends object>(
    kind: ChildKind<D>,
    detail: D,
    place: ChildPlace & { readonly startMs: number; readonly from?: AnyFunction | CapturedStack | undefined },
  ): Child<D> {
    const { record, parent, startMs, from } = place
    const site = from instanceof CapturedStack ? from : from && kind.memory?.(detail)?.capture(record?.routeTemplate ?? '', from)
    return this.#adopted(kind, detail, { record, parent, site, startMs })
  }

  #adopted<D extends object>(kind: ChildKind<D>, detail: D, place: ConstructorParameters<typeof Child<D>>[3]): Child<D> {
    const child = new Child(this, kind, detail, place)
    for (let outer = place.parent; outer; outer = outer.parent) outer.inner = kind
    const record = place.record as TraceRecord | undefined
    child.adopted = record?.adopt(child) ?? false
    if (record?.hasForeignCalls) mergeTwins(record, child)
    return child
  }

  startStatement(input: StatementInput, calledFrom: AnyFunction | CapturedStack | undefined): Child<Statement> {
    const { system, pool, waitMs, heldBy, callSite } = input
    const detail: Statement = { shape: this.shapes.of(input.text, system), system, pool, waitMs, heldBy }
    // A place taken before the statement waited for its connection is the true one: when it starts, nobody of the application is on the stack.
    return this.startChild(statement, detail, callSite instanceof CapturedStack ? callSite : calledFrom)
  }

  /** A wait for a connection that begins now. */
  startPoolWait({ system, pool, callSite }: PoolWaitInput): Child<PoolWait> {
    return this.startChild(poolWait, { system, pool, heldBy: undefined }, callSite instanceof CapturedStack ? callSite : undefined)
  }

  /** The call site of a statement that is about to wait for its connection, when it is wanted. */
  captureFor({ text, system }: { readonly text: string; readonly system: string }, calledFrom: AnyFunction): CapturedStack | undefined {
    const requestContext = currentRequestContext()
    return this.shapes.of(text, system).capture(requestContext?.root.record?.routeTemplate ?? '', calledFrom, requestContext?.site)
  }

  childEnded(child: Child): void {
    const { kind, record } = child
    const durationMs = child.endMs - child.startMs
    const errorType = child.error === undefined ? '' : errorTypeOf(child.error)
    const application = this.#countsByApplication ? record?.application : undefined
    const { aggregates, shapes } = this
    kind.count?.(child, { aggregates, shapes, seconds: durationMs / 1000, errorType, application })
    if (durationMs >= this.#policy.slowStatementMs) this.#slowEnded(child)
    if (!child.adopted) (record as TraceRecord | undefined)?.unheld?.ended(child)
    else if (record?.kept !== undefined && record.endMs !== 0) this.#exporter.exportSpans([childSpan(child, child.endMs)])
    record?.childEnded?.()
    this.onActivity(child.endMs)
  }

  /** What is slow by itself keeps its request; outside of one it is a trace of its own. */
  #slowEnded(child: Child): void {
    const memory = child.kind.memory?.(child.detail)
    if (!memory || child.kind.isWait?.(child.detail)) return
    memory.wasSlow(child.endMs)
    this.control?.slow(child)
    if (child.record) child.record.hadSlowStatement = true
    else if (this.decision.admit(child.endMs)) this.#exporter.exportSpans([childSpan(child, child.endMs)])
  }

  /** Sends partial records of long-running requests. Called about once a second. */
  exportLongRunning(nowMs: number = now()): void {
    for (const record of this.running.olderThan(nowMs - this.#policy.partialAfterMs)) {
      if (record.partialSent) continue
      record.partialSent = true
      if (this.decision.admit(nowMs, 'running', record.wish === 'kept')) this.#export(record, 'running', nowMs)
    }
  }

  /** A record that was sent while it ran must be superseded, whatever the limit. */
  #keep(record: TraceRecord, reason: KeepReason | undefined): void {
    const { endMs, wish } = record
    const isKept = reason && (record.kept !== undefined || this.decision.admit(endMs, reason, wish === 'kept'))
    if (isKept) this.#export(record, reason, endMs)
    else if (wish === 'hold' && this.#late?.isOpen) this.#late.hold(record.traceId, spansOf(record, 'trace', endMs), endMs)
  }

  #release(record: TraceRecord): void {
    this.running.remove(record)
    if (record.kind.isRequest) this.active--
    record.requestContext.wasKept = record.kept !== undefined
    if (this.onKept) record.requestContext.ended = attempt('name', () => spanNameOf(record), undefined)
    record.requestContext.record = undefined
    record.requestContext.context = undefined
    if (record.aborted) record.aborter?.abort(new DOMException('the client gave the request up', 'AbortError'))
    record.aborter = undefined
    record.detail = undefined
    record.observer = undefined
    record.children = undefined
    record.childEnded = undefined
    record.unheld = undefined
  }

  #export(record: TraceRecord, reason: KeepReason, nowMs: number): void {
    record.kept = reason
    if (record.passedHold) this.#late?.want(record.traceId)
    if (record.endMs !== 0) this.onKept?.(record)
    const spans = spansOf(record, reason, nowMs)
    if (!this.#verdicts) return this.#exporter.exportSpans(spans)
    const facts = {
      startMs: record.startMs,
      endMs: nowMs,
      children: record.children ?? [],
      unheld: record.unheld,
      isCutOff: isCutOff(record),
      requestContext: record.requestContext,
      spanId: record.spanId,
    }
    this.#verdicts.later(facts, (verdict) => this.#exporter.exportSpans(withRootAttributes(spans, verdict)))
  }
}

/** What was in progress is what it waited for. */
const isCutOff = ({ aborted, endMs }: TraceRecord): boolean => aborted || endMs === 0

function withRootAttributes([root, ...children]: readonly SpanRecord[], attributes: AttributesInput): readonly SpanRecord[] {
  return root ? [{ ...root, attributes: { ...root.attributes, ...attributes } }, ...children] : []
}
