/** What happens inside a request: statements, calls to other services and spans that the application made itself. */
import type { StatementRecord } from '../current-agent.ts'
import { reportFault } from '../guard/guard.ts'
import type { SpanKindNumber } from '../otlp/records.ts'
import type { StatementShape } from '../sql/statement-shapes.ts'
import type { CapturedStack } from '../call-site/call-site.ts'
import { newSpanId } from './ids.ts'
import { SpanAdditions } from './span-additions.ts'

/** What a child knows of the record it belongs to. */
export interface ChildOwner {
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
  readonly traceState: string | undefined
  readonly routeTemplate: string
  /** The application that our server gave the request to. */
  readonly application: string | undefined
  readonly endMs: number
  /** Why it was kept, once decided. */
  readonly kept: string | undefined
  hadSlowStatement: boolean
}

/** Called when a child ends: the recorder. */
export interface ChildObserver {
  statementEnded(child: StatementChild): void
  clientEnded(child: ClientChild): void
  manualEnded(child: ManualChild): void
}

abstract class Child {
  /** Undefined outside of any request. */
  readonly record: ChildOwner | undefined
  /** The application's own span that it happened in; otherwise it is the root's child. */
  readonly parent: ManualChild | undefined
  readonly startMs: number
  endMs = 0
  error: unknown
  protected readonly observer: ChildObserver
  #spanId: string | undefined

  constructor(observer: ChildObserver, startMs: number, within: { record: ChildOwner | undefined; parent: ManualChild | undefined }) {
    this.observer = observer
    this.startMs = startMs
    this.record = within.record
    this.parent = within.parent
  }

  get spanId(): string {
    return (this.#spanId ??= newSpanId())
  }

  get ended(): boolean {
    return this.endMs !== 0
  }
}

export class StatementChild extends Child implements StatementRecord {
  readonly shape: StatementShape
  readonly system: string
  readonly pool: string
  readonly waitMs: number | undefined
  /** Captured for the first execution on a route and for statements known to be slow. */
  readonly site: CapturedStack | undefined
  readonly #clock: () => number

  constructor(
    observer: ChildObserver,
    within: { record: ChildOwner | undefined; parent: ManualChild | undefined },
    statement: {
      shape: StatementShape
      system: string
      pool: string
      waitMs: number | undefined
      site: CapturedStack | undefined
      clock: () => number
    },
  ) {
    super(observer, statement.clock(), within)
    this.shape = statement.shape
    this.system = statement.system
    this.pool = statement.pool
    this.waitMs = statement.waitMs
    this.site = statement.site
    this.#clock = statement.clock
  }

  end(error?: unknown): void {
    try {
      if (this.endMs !== 0) return
      this.endMs = this.#clock()
      this.error = error
      this.observer.statementEnded(this)
    } catch (fault) {
      reportFault('statement.end', fault) // drivers and applications call this themselves
    }
  }
}

export class ClientChild extends Child {
  readonly method: string
  /** `http://host:port`. */
  readonly origin: string
  readonly path: string
  status = 0

  constructor(
    observer: ChildObserver,
    within: { record: ChildOwner | undefined; parent: ManualChild | undefined; startMs: number },
    call: { method: string; origin: string; path: string },
  ) {
    super(observer, within.startMs, within)
    this.method = call.method
    this.origin = call.origin
    this.path = call.path
  }

  end(nowMs: number, error?: unknown): void {
    if (this.endMs !== 0) return
    this.endMs = nowMs
    this.error = error
    this.observer.clientEnded(this)
  }
}

export class ManualChild extends Child {
  readonly kind: SpanKindNumber
  readonly scope: { readonly name: string; readonly version?: string }
  readonly additions = new SpanAdditions()

  constructor(
    observer: ChildObserver,
    within: { record: ChildOwner; parent: ManualChild | undefined; startMs: number },
    span: { name: string; kind: SpanKindNumber; scope: { readonly name: string; readonly version?: string } },
  ) {
    super(observer, within.startMs, within)
    this.kind = span.kind
    this.scope = span.scope
    this.additions.name = span.name
  }

  end(nowMs: number): void {
    if (this.endMs !== 0) return
    this.endMs = nowMs
    this.observer.manualEnded(this)
  }
}

export type ChildRecord = StatementChild | ClientChild | ManualChild
