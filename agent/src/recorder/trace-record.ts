/**
 * The record of one request, job, message or manual root span. Everything that can be worked out later is: ids, the parent from the request's
 * headers and attributes exist only for a record that is kept or that called another service.
 */
import type { Aggregates } from '../aggregate/aggregates.ts'
import type { RecordedRequest, RequestObserver } from '../current-agent.ts'
import type { AttributesInput, SpanKindNumber, SpanLink } from '../otlp/records.ts'
import type { Child } from './child.ts'
import { now, toEpochMs } from './clock.ts'
import { newSpanId, newTraceId } from './ids.ts'
import type { RequestInFlight } from './request-in-flight.ts'
import type { RequestContextOf } from './request-context.ts'
import { RootAttributes } from './root-attributes.ts'
import { RouteNames } from './route-names.ts'
import { SpanAdditions } from './span-additions.ts'
import type { RemoteParent } from './trace-context.ts'
import { KEEP_HEADER, passedOnForced, wishOf } from './wishes/forced.ts'
import { type Wish, withUpstreamState } from './wishes/trace-state.ts'
import { UnheldChildren } from './unheld-children.ts'

/** `trace`: others keep their part of the trace. */
export type KeepReason = 'slow' | 'error' | 'aborted' | 'leak' | 'forced' | 'trace' | 'baseline' | 'running'

/** Maximum children a record holds; more are counted. */
export const MAX_CHILDREN = 256

/** What a root is counted by when it ends. */
export interface RootCount {
  readonly aggregates: Aggregates
  /** Application that it belongs to, in a process that hosts several. */
  readonly applicationOf: (record: TraceRecord) => string | undefined
}

/** Declares what is common to roots of a kind: requests of a protocol, jobs of a scheduler. `D` holds what is known of one of them. */
export interface RootKind<D extends object> {
  /** What it is called in faults of the agent: `http.request`. */
  readonly name: string
  /** Whether it counts as a request of the process that is being served now. */
  readonly isRequest: boolean
  /** Whether it is known as long as it runs: then it is sent as a partial record, and kept if the process dies. Someone must end it. */
  readonly isTracked: boolean
  spanKind(detail: D): SpanKindNumber
  /** First word of the span's name, before the route: `GET`, `process`. */
  method(detail: D): string
  /** Read only when a trace id is needed. */
  remoteParent(detail: D): RemoteParent | undefined
  /** Spans of others that it follows from, beside its parent. Called for kept records only. */
  links?(detail: D): readonly SpanLink[]
  /** A header, or what the protocol has in its place, by its name in lower case. */
  header?(detail: D, name: string): unknown
  /** Its own attributes. Called for kept records only, and while it runs; `status` is that of {@link status}. */
  attributes(record: TraceRecord, detail: D, status: number): AttributesInput
  /** The status in the numbers of HTTP: 500 and more is a failure, 0 is unknown or none. Default: 0. */
  status?(record: TraceRecord, detail: D): number
  /** What it failed with, where nothing was thrown. Default: its status. */
  failureType?(record: TraceRecord, detail: D, status: number): string | undefined
  /** Called first when it ends: it may set `aborted` and `error`. */
  ending?(record: TraceRecord, detail: D): void
  /** Counts it, when it has ended, and returns from how many milliseconds on it is slow; 0 when that is not known. Default: it is not counted. */
  count?(record: TraceRecord, detail: D, to: RootCount, status: number): number
  /** The application that the server of others gave it to. */
  application?(detail: D): unknown
  /** The path that the route is below, without a slash at its end. */
  contextPath?(detail: D): string
  /** Its name where it has no route: its path with placeholders, empty for none. */
  pathGroup?(record: TraceRecord, detail: D): string
  /** Ends it in the name of an operator, so that the program notices: its client gets no answer. Default: it cannot. */
  cancel?(detail: D): void
  /** What the access log and the aggregates say of it if the process dies. */
  inFlight?(record: TraceRecord, detail: D): RequestInFlight
}

export class TraceRecord implements RecordedRequest {
  readonly kind: RootKind<object>
  /** What the kind knows of it; undefined when the record has ended. */
  detail: object | undefined
  readonly startMs: number
  endMs = 0
  readonly requestContext: RequestContextOf<TraceRecord>
  readonly method: string
  /** Route template without the context path; of a job or message its name. Empty while it is not known. */
  routeTemplate = ''
  /** Called when it ends, before the keep decision. */
  observer: RequestObserver | undefined
  children: Child[] | undefined
  /** Of the signal that the application asked for. */
  aborter: AbortController | undefined
  /** Called when a child ends, where the end of the root depends on that. */
  childEnded: (() => void) | undefined
  droppedChildren = 0
  /** An instrumentation of others made spans in it, so that a call may be seen twice. */
  hasForeignCalls = false
  /** What is known of these. */
  unheld: UnheldChildren | undefined
  additions: SpanAdditions | undefined
  /** How often what the application says of it may have changed. */
  changes = 0
  /** What the application says of it. */
  said: RootAttributes | undefined
  error: unknown
  /** Of the error, once it has been counted. */
  errorFingerprint: string | undefined
  /** The error is one whatever the status: GraphQL answers 200. */
  errorStands = false
  aborted = false
  leaked = false
  /** A statement was slow by itself. */
  hadSlowStatement = false
  /** It was sent while it ran, so it must be sent again. */
  partialSent = false
  kept: KeepReason | undefined
  /** Its caller may have said whether it wants this. */
  mayHaveWish = true
  /** Services that it called were told that nothing was decided yet. */
  passedHold = false
  /** Neighbours among the running ones, oldest first. */
  previous: TraceRecord | undefined
  next: TraceRecord | undefined
  #parent: RemoteParent | undefined
  #traceId: string | undefined
  #spanId: string | undefined
  #wish: Wish | undefined

  constructor(startMs: number, requestContext: RequestContextOf<TraceRecord>, kind: RootKind<object>, detail: object) {
    this.startMs = startMs
    this.requestContext = requestContext
    this.kind = kind
    this.detail = detail
    this.method = kind.method(detail)
  }

  get startTime(): number {
    return toEpochMs(this.startMs)
  }

  get durationMs(): number {
    return (this.endMs || now()) - this.startMs
  }

  get traceId(): string {
    return this.#traceId ?? this.#identify()
  }

  get spanId(): string {
    return (this.#spanId ??= newSpanId())
  }

  get parentSpanId(): string | undefined {
    if (!this.#traceId) this.#identify()
    return this.#parent?.parentSpanId
  }

  /** Sampled unless upstream said that it is not: services behind us would otherwise record nothing. */
  get flags(): number {
    if (!this.#traceId) this.#identify()
    return this.#parent ? this.#parent.flags & 1 : 1
  }

  get traceState(): string | undefined {
    if (!this.#traceId) this.#identify()
    return this.#parent?.traceState
  }

  /** What its caller wants, or somebody with the secret. */
  get wish(): Wish | undefined {
    if (!this.mayHaveWish) return undefined
    if (!this.#traceId) this.#identify()
    return this.#wish
  }

  /** The caller, which had not decided, has by now. */
  becomeWanted(): void {
    this.#wish = 'kept'
  }

  /** The `tracestate` of calls to other services. */
  get passedState(): string {
    const { traceState, traceId, wish } = this
    if (wish === 'forced') return passedOnForced(traceState, traceId)
    const isKept = this.kept !== undefined || wish === 'kept'
    if (!isKept) this.passedHold = true
    return withUpstreamState(traceState, isKept ? 'kept' : 'hold')
  }

  /** Route with its context path; empty when none is known. */
  get route(): string {
    return routeNames.of(this.#contextPath, this.routeTemplate)
  }

  /** What it is named by: its route, else its path with placeholders in the place of values; empty when neither is known. */
  get target(): string {
    return this.route || ((this.detail && this.kind.pathGroup?.(this, this.detail)) ?? '')
  }

  /** The application that our server gave the request to. */
  get application(): string | undefined {
    if (this.observer) return this.observer.application
    const name = this.detail && this.kind.application?.(this.detail)
    return typeof name === 'string' ? name : undefined
  }

  get #contextPath(): string {
    return this.observer?.mountedAt ?? (this.detail && this.kind.contextPath?.(this.detail)) ?? ''
  }

  /** A header of what it is the record of; undefined when it has ended. */
  header(name: string): unknown {
    return this.detail && this.kind.header?.(this.detail, name)
  }

  /** To be changed, and not kept. */
  addition(): SpanAdditions {
    this.changes++
    return (this.additions ??= new SpanAdditions())
  }

  /** Aborted when it is cancelled, or when its client gives up. */
  get signal(): AbortSignal {
    return (this.aborter ??= new AbortController()).signal
  }

  /** The same. */
  rootAttributes(): RootAttributes {
    this.changes++
    return (this.said ??= new RootAttributes())
  }

  /** Adds a child; false when there are too many. */
  adopt(child: Child): boolean {
    const children = (this.children ??= [])
    if (children.length >= MAX_CHILDREN) {
      this.droppedChildren++
      this.unheld ??= new UnheldChildren(child.startMs)
      return false
    }
    children.push(child)
    return true
  }

  #identify(): string {
    this.#parent = this.detail && this.kind.remoteParent(this.detail)
    this.#traceId = this.#parent?.traceId ?? newTraceId()
    if (this.mayHaveWish) this.#wish = wishOf(this.#traceId, this.#parent?.traceState, this.header(KEEP_HEADER))
    return this.#traceId
  }
}

const routeNames = new RouteNames()
