/**
 * What happens inside a request: a statement, a call to another service, a span that the application made itself. There is one class for all
 * of them, so that the recorder stays fast whatever is recorded; what differs is in the kind, which an instrumentation declares.
 */
import type { Aggregates } from '../aggregate/aggregates.ts'
import type { CapturedStack } from '../call-site/call-site.ts'
import type { SiteMemory } from '../call-site/site-memory.ts'
import type { StatementRecord } from '../current-agent.ts'
import { reportFault } from '../guard/guard.ts'
import type { SpanRecord } from '../otlp/records.ts'
import type { StatementShapes } from '../sql/statement-shapes.ts'
import type { Cause } from './cause.ts'
import { now } from './clock.ts'
import { newSpanId } from './ids.ts'

/** What a child knows of the record it belongs to. */
export interface ChildOwner {
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
  /** The `tracestate` of calls to other services. */
  readonly passedState: string
  readonly routeTemplate: string
  /** The application that our server gave the request to. */
  readonly application: string | undefined
  readonly endMs: number
  /** Why it was kept, once decided. */
  readonly kept: string | undefined
  readonly childEnded: (() => void) | undefined
  hadSlowStatement: boolean
}

/** What a kind adds to the span of a child; ids and times are the recorder's. */
export type SpanPart = Pick<SpanRecord, 'name' | 'kind' | 'attributes' | 'status' | 'events' | 'links' | 'scope'>

/** What a child is counted by when it ends. */
export interface ChildCount {
  readonly aggregates: Aggregates
  /** Normalises statements; texts that differ only in literals share a shape. */
  readonly shapes: StatementShapes
  readonly seconds: number
  /** Empty when it succeeded. */
  readonly errorType: string
  /** Application whose request it belongs to, in a process that hosts several. */
  readonly application: string | undefined
}

/** Declares what is common to children of a kind. `D` holds what is known of one of them: an object with always the same properties. */
export interface ChildKind<D extends object> {
  /** What it is called in faults of the agent: `statement`. */
  readonly name: string
  /** Its span. Called for kept requests only, while it runs as well: OpenTelemetry's semantic conventions, and no value that a user typed. */
  span(child: Child<D>): SpanPart
  /** Counts it in its histogram, when it has ended. Called for every child: no allocation that can be saved. */
  count?(child: Child<D>, to: ChildCount): void
  /**
   * Where call sites are remembered; children with the same memory share them. Without one, no call site is captured, and none of them is
   * slow by itself. Called when it starts and when it ends.
   */
  memory?(detail: D): SiteMemory | undefined
  /** What a request waits for in it; undefined when it is none of its own. Called for kept requests only. */
  cause?(child: Child<D>): Cause | undefined
  /** It waits for what others do, so that it is never slow by itself. Called for what took long. */
  isWait?(detail: D): boolean
}

/** Called when a child ends: the recorder. */
export interface ChildObserver {
  childEnded(child: Child): void
}

/** Where a child belongs. */
export interface ChildPlace {
  /** Undefined outside of any request. */
  readonly record: ChildOwner | undefined
  /** The application's own span that it happened in; otherwise it is the root's child. */
  readonly parent: Child | undefined
}

export class Child<D extends object = object> implements StatementRecord {
  readonly kind: ChildKind<D>
  readonly detail: D
  readonly record: ChildOwner | undefined
  readonly parent: Child | undefined
  /** Captured for the first execution on a route and for what is known to be slow. */
  readonly site: CapturedStack | undefined
  readonly startMs: number
  endMs = 0
  error: unknown
  /** Whether it has a place in its record: otherwise it is counted only. */
  adopted = false
  /** An instrumentation of others sees it too: this one stands for both. */
  hasTwin = false
  /** The kind that was recorded last inside it: a span of the application may stand around what we record ourselves. */
  inner: ChildKind<never> | undefined
  readonly #observer: ChildObserver
  #spanId: string | undefined

  constructor(
    observer: ChildObserver,
    kind: ChildKind<D>,
    detail: D,
    { record, parent, site, startMs }: ChildPlace & { readonly site: CapturedStack | undefined; readonly startMs: number },
  ) {
    this.#observer = observer
    this.kind = kind
    this.detail = detail
    this.record = record
    this.parent = parent
    this.site = site
    this.startMs = startMs
  }

  get spanId(): string {
    return (this.#spanId ??= newSpanId())
  }

  /** Before its own was asked for. */
  takeIdOf(other: Child): void {
    this.#spanId ??= other.spanId
  }

  get ended(): boolean {
    return this.endMs !== 0
  }

  /** Ends it; an error marks it as failed. Later calls do nothing, and nothing is thrown: drivers and applications call this. */
  end(error?: unknown, nowMs: number = now()): void {
    if (this.endMs !== 0) return
    try {
      this.endMs = nowMs
      this.error = error
      this.#observer.childEnded(this)
    } catch (fault) {
      reportFault(`${this.kind.name}.end`, fault)
    }
  }
}
