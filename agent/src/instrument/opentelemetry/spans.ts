/** Spans as the OpenTelemetry API shows them: the running request's root, and those the application starts itself. */
import type { AttributeValue, Attributes, Exception, Link, Span, SpanContext, SpanStatus, TimeInput } from '@opentelemetry/api'
import { attempt } from '../../guard/guard.ts'
import type { AttributeInput } from '../../otlp/records.ts'
import type { Child } from '../../recorder/child.ts'
import { now, toEpochMs } from '../../recorder/clock.ts'
import type { RequestContext } from '../../recorder/context.ts'
import type { ManualSpan } from '../../recorder/kinds/manual-span.ts'
import { exceptionEvent } from '../../recorder/span-parts.ts'
import type { SpanAdditions } from '../../recorder/span-additions.ts'
import type { TraceRecord } from '../../recorder/trace-record.ts'
import { OWN } from './context.ts'
import { TraceStateText } from './trace-state.ts'

/** OpenTelemetry's numbers of SpanStatusCode. */
const STATUS_OK = 1
const STATUS_ERROR = 2
const MAX_ATTRIBUTES = 128
const MAX_EVENTS = 128

abstract class RecordedSpan implements Span {
  readonly [OWN] = true
  readonly #context: SpanContext

  constructor(context: SpanContext) {
    this.#context = context
  }

  /** Where additions go; undefined when the span has ended. */
  protected abstract additions(): SpanAdditions | undefined
  abstract end(endTime?: TimeInput): void

  spanContext(): SpanContext {
    return this.#context
  }

  isRecording(): boolean {
    return attempt('opentelemetry.span', () => this.additions() !== undefined, false)
  }

  setAttribute(key: string, value: AttributeValue): this {
    return this.#change((additions) => addAttribute(additions, key, value))
  }

  setAttributes(attributes: Attributes): this {
    return this.#change((additions) => {
      for (const [key, value] of Object.entries(attributes)) if (value !== undefined) addAttribute(additions, key, value)
    })
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    return this.#change(({ events }) => {
      if (events.length >= MAX_EVENTS) return
      const attributes = isAttributes(attributesOrTime) ? attributesOrTime : {}
      const at = isAttributes(attributesOrTime) ? time : attributesOrTime
      events.push({ name, timeMs: epochMsOf(at), attributes: attributeInputs(attributes) })
    })
  }

  addLink(link: Link): this {
    return this.addLinks([link])
  }

  addLinks(links: Link[]): this {
    return this.#change((additions) => {
      for (const { context, attributes } of links)
        additions.links.push({ traceId: context.traceId, spanId: context.spanId, attributes: attributeInputs(attributes ?? {}) })
    })
  }

  setStatus({ code: status, message }: SpanStatus): this {
    return this.#change((additions) => {
      const code: number = status // the enum itself would have to be loaded
      if (code === STATUS_OK) additions.status = { code: 'ok' }
      else if (code === STATUS_ERROR && additions.status?.code !== 'ok') additions.status = { code: 'error', message }
    })
  }

  updateName(name: string): this {
    return this.#change((additions) => (additions.name = name))
  }

  recordException(exception: Exception, time?: TimeInput): void {
    this.#change(({ events }) => {
      if (events.length < MAX_EVENTS) events.push(exceptionEvent(exception, epochMsOf(time)))
    })
  }

  /** An ended span takes nothing, and what the types forbid harms nobody. */
  #change(edit: (additions: SpanAdditions) => void): this {
    attempt(
      'opentelemetry.span',
      () => {
        const additions = this.additions()
        if (additions) edit(additions)
      },
      undefined,
    )
    return this
  }
}

function spanContextOf({ traceId, flags, traceState }: TraceRecord, spanId: string): SpanContext {
  const state = traceState ? { traceState: new TraceStateText(traceState) } : {}
  return { traceId, spanId, traceFlags: flags, ...state }
}

function addAttribute({ attributes }: SpanAdditions, key: string, value: AttributeValue): void {
  if (key in attributes || Object.keys(attributes).length < MAX_ATTRIBUTES) attributes[key] = attributeInput(value)
}

/** The request's own span. The application may add to it and cannot end it: the response does. */
export class RootSpan extends RecordedSpan {
  readonly #requestContext: RequestContext

  constructor(record: TraceRecord) {
    super(spanContextOf(record, record.spanId))
    this.#requestContext = record.requestContext
  }

  get requestContext(): RequestContext {
    return this.#requestContext
  }

  protected additions(): SpanAdditions | undefined {
    return this.#requestContext.record?.addition()
  }

  end(): void {}
}

/** A root that the application started outside of any request. */
export class ManualRootSpan extends RootSpan {
  readonly #end: () => void

  constructor(record: TraceRecord, end: () => void) {
    super(record)
    this.#end = end
  }

  override end(): void {
    attempt('opentelemetry.end', this.#end, undefined)
  }
}

/** A span that the application started inside a request. */
export class ChildSpan extends RecordedSpan {
  readonly child: Child<ManualSpan>
  readonly #requestContext: RequestContext

  constructor(child: Child<ManualSpan>, record: TraceRecord) {
    super(spanContextOf(record, child.spanId))
    this.child = child
    this.#requestContext = record.requestContext
  }

  get requestContext(): RequestContext {
    return this.#requestContext
  }

  protected additions(): SpanAdditions | undefined {
    return this.child.ended ? undefined : this.child.detail.additions
  }

  end(endTime?: TimeInput): void {
    const { child } = this
    attempt(
      'opentelemetry.end',
      () => child.end(undefined, endTime === undefined ? now() : Math.max(child.startMs, monotonicMsOf(endTime))),
      undefined,
    )
  }
}

/** A time of the API (Date, milliseconds of either clock, or seconds and nanoseconds) in milliseconds since the epoch; now, if it is none (NaN). */
export function epochMsOf(time: TimeInput | undefined): number {
  const ms = time === undefined ? undefined : givenMs(time)
  return Number.isFinite(ms) ? (ms as number) : toEpochMs(now())
}

function givenMs(time: TimeInput): number {
  if (Array.isArray(time)) return time[0] * 1000 + time[1] / 1e6
  if (time instanceof Date) return time.getTime()
  return time < performance.timeOrigin ? toEpochMs(time) : time
}

/** The same in milliseconds of the process's clock. */
export function monotonicMsOf(time: TimeInput): number {
  return epochMsOf(time) - toEpochMs(0)
}

function isAttributes(value: Attributes | TimeInput | undefined): value is Attributes {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date)
}

export function attributeInputs(attributes: Attributes): Record<string, AttributeInput> {
  const result: Record<string, AttributeInput> = {}
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) result[key] = attributeInput(value)
  return result
}

/** Anything the exporter cannot write becomes text: an application may pass what the types forbid. */
function attributeInput(value: AttributeValue): AttributeInput {
  if (Array.isArray(value)) return value.filter((item) => item !== null && item !== undefined).map(scalar)
  return scalar(value)
}

function scalar(value: unknown): string | number | boolean {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : String(value)
}

/** A span that only stands for its ids: that of another service. */
export function unrecordedSpan(context: SpanContext): Span {
  const span: Span = {
    spanContext: () => context,
    isRecording: () => false,
    setAttribute: () => span,
    setAttributes: () => span,
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    setStatus: () => span,
    updateName: () => span,
    recordException() {},
    end() {},
  }
  return span
}

/** The `tracestate` of what is called in a span of the agent's whose request runs. */
export function passedStateOf(span: Span | undefined): string | undefined {
  return span instanceof RootSpan || span instanceof ChildSpan ? span.requestContext.record?.passedState : undefined
}

/** Used for a span whose record failed. */
export const UNRECORDED_SPAN: Span = unrecordedSpan({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 })
