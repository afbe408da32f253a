/**
 * The record of one request, or of one manual root span. Everything that can be worked out later is: ids, the parent from the request's
 * headers and attributes exist only for a record that is kept or that called another service.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { APPLICATION, CONTEXT_PATH, type RecordedRequest, type RequestObserver } from '../current-agent.ts'
import type { SpanKindNumber } from '../otlp/records.ts'
import { SPAN_KIND } from '../otlp/records.ts'
import type { ChildRecord } from './child-record.ts'
import { now, toEpochMs } from './clock.ts'
import { newSpanId, newTraceId } from './ids.ts'
import { RouteNames } from './route-names.ts'
import type { RequestContextOf } from './request-context.ts'
import { SpanAdditions } from './span-additions.ts'
import { type TraceParent, parseTraceParent, traceStateOf } from './trace-context.ts'

export type KeepReason = 'slow' | 'error' | 'aborted' | 'leak' | 'baseline' | 'running'

/** Maximum children a record holds; more are counted. */
export const MAX_CHILDREN = 256

export interface ManualRoot {
  readonly kind: SpanKindNumber
  readonly parent: TraceParent | undefined
}

export class TraceRecord implements RecordedRequest {
  readonly startMs: number
  endMs = 0
  readonly requestContext: RequestContextOf<TraceRecord>
  /** Undefined for a manual root, and when the record has ended. */
  request: IncomingMessage | undefined
  response: ServerResponse | undefined
  readonly method: string
  /** Route template without the context path; empty while no route is known. */
  routeTemplate = ''
  readonly manual: ManualRoot | undefined
  /** Called when it ends, before the keep decision. */
  observer: RequestObserver | undefined
  children: ChildRecord[] | undefined
  droppedChildren = 0
  additions: SpanAdditions | undefined
  error: unknown
  aborted = false
  leaked = false
  /** A statement was slow by itself. */
  hadSlowStatement = false
  /** It was sent while it ran, so it must be sent again. */
  partialSent = false
  kept: KeepReason | undefined
  /** Neighbours among the running ones, oldest first. */
  previous: TraceRecord | undefined
  next: TraceRecord | undefined
  #parent: TraceParent | undefined
  #traceId: string | undefined
  #spanId: string | undefined
  #traceState: string | undefined

  constructor(
    startMs: number,
    requestContext: RequestContextOf<TraceRecord>,
    origin: { request: IncomingMessage; response: ServerResponse } | ManualRoot,
  ) {
    this.startMs = startMs
    this.requestContext = requestContext
    if ('request' in origin) {
      this.request = origin.request
      this.response = origin.response
      this.method = origin.request.method ?? '_OTHER'
      this.manual = undefined
    } else {
      this.request = undefined
      this.response = undefined
      this.method = ''
      this.manual = origin
    }
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
    return this.#traceState
  }

  /** Route with its context path; empty when none is known. */
  get route(): string {
    return routeNames.of(contextPathOf(this.request), this.routeTemplate)
  }

  /** The application that our server gave the request to. */
  get application(): string | undefined {
    const name = (this.request as { [APPLICATION]?: unknown } | undefined)?.[APPLICATION]
    return typeof name === 'string' ? name : undefined
  }

  get kind(): SpanKindNumber {
    return this.manual?.kind ?? SPAN_KIND.server
  }

  addition(): SpanAdditions {
    return (this.additions ??= new SpanAdditions())
  }

  /** Adds a child; false when there are too many. */
  adopt(child: ChildRecord): boolean {
    const children = (this.children ??= [])
    if (children.length >= MAX_CHILDREN) {
      this.droppedChildren++
      return false
    }
    children.push(child)
    return true
  }

  #identify(): string {
    const headers = this.request?.headers
    this.#parent = headers ? parseTraceParent(headers['traceparent']) : this.manual?.parent
    this.#traceId = this.#parent?.traceId ?? newTraceId()
    if (headers && this.#parent) this.#traceState = traceStateOf(headers['tracestate'])
    return this.#traceId
  }
}

const routeNames = new RouteNames()
let defaultContextPath = ''

/** The context path of requests that carry none of their own. */
export function setDefaultContextPath(path: string): void {
  defaultContextPath = path === '/' ? '' : path.replace(/\/$/, '')
}

function contextPathOf(request: IncomingMessage | undefined): string {
  const own = (request as { [CONTEXT_PATH]?: unknown } | undefined)?.[CONTEXT_PATH]
  if (typeof own !== 'string') return request ? defaultContextPath : ''
  return own === '/' ? '' : own
}
