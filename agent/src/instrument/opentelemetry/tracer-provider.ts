/** Our side of the OpenTelemetry API: a TracerProvider and a ContextManager over the recorder. No part of the SDK is loaded. */
import type { Context, ContextManager, Span, SpanContext, SpanOptions, Tracer, TracerProvider } from '@opentelemetry/api'
import { attempt } from '../../guard/guard.ts'
import { SPAN_KIND, type SpanKindNumber } from '../../otlp/records.ts'
import type { Child } from '../../recorder/child.ts'
import { now } from '../../recorder/clock.ts'
import { RequestContext, currentRequestContext, runInRequestContext } from '../../recorder/context.ts'
import { carriesBaggage } from '../../recorder/propagation.ts'
import { manualRoot } from '../../recorder/kinds/manual-root.ts'
import { ManualSpan, manualSpan, shapeOfSpan } from '../../recorder/kinds/manual-span.ts'
import type { Recorder } from '../../recorder/recorder.ts'
import type { RemoteParent } from '../../recorder/trace-context.ts'
import { baggageIn, withBaggageHeader } from '../../recorder/baggage.ts'
import { noteBaggage } from '../../recorder/baggage-attributes.ts'
import { ROOT_CONTEXT, spanIn, withSpan } from './context.ts'
import { ChildSpan, ManualRootSpan, RootSpan, UNRECORDED_SPAN, attributeInputs, monotonicMsOf } from './spans.ts'

/** OpenTelemetry's SpanKind, whose numbers begin at INTERNAL = 0, to the protocol's. */
const KINDS: readonly SpanKindNumber[] = [SPAN_KIND.internal, SPAN_KIND.server, SPAN_KIND.client, SPAN_KIND.producer, SPAN_KIND.consumer]

type Scope = { readonly name: string; readonly version?: string }

export class SpyglassTracerProvider implements TracerProvider {
  readonly #recorder: Recorder
  /** The application's own provider, once it has registered one: tracers that were handed out pass everything on to it. */
  delegate: TracerProvider | undefined

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  getTracer(name: string, version?: string): Tracer {
    return new SpyglassTracer(this.#recorder, this, version === undefined ? { name } : { name, version })
  }
}

class SpyglassTracer implements Tracer {
  readonly #recorder: Recorder
  readonly #provider: SpyglassTracerProvider
  readonly #scope: Scope

  constructor(recorder: Recorder, provider: SpyglassTracerProvider, scope: Scope) {
    this.#recorder = recorder
    this.#provider = provider
    this.#scope = scope
  }

  startSpan(name: string, options: SpanOptions = {}, context: Context = activeContext()): Span {
    const delegate = this.#provider.delegate
    if (delegate) return delegate.getTracer(this.#scope.name, this.#scope.version).startSpan(name, options, context)
    return attempt('opentelemetry.start', () => this.#started(name, options, context), UNRECORDED_SPAN)
  }

  #started(name: string, options: SpanOptions, context: Context): Span {
    const parent = options.root ? undefined : spanIn(context)
    const span = childSpanOf(parent, { recorder: this.#recorder, scope: this.#scope, name, options }) ?? this.#root(parent, name, options)
    if (options.links) span.addLinks(options.links)
    return span
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, context: Context, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    ...rest: [F] | [SpanOptions, F] | [SpanOptions, Context, F]
  ): ReturnType<F> {
    const fn = rest.at(-1) as F
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {}
    const context = rest.length > 2 ? (rest[1] as Context) : activeContext()
    const delegate = this.#provider.delegate
    if (delegate) return delegate.getTracer(this.#scope.name, this.#scope.version).startActiveSpan(name, options, context, fn)
    const span = this.startSpan(name, options, context)
    const inner = attempt('opentelemetry.context', () => withSpan(context, span), context)
    return contextManager.with(inner, () => fn(span)) as ReturnType<F>
  }

  #root(parent: Span | undefined, name: string, options: SpanOptions): Span {
    const above = parent?.spanContext()
    // The request may have ended without being sent: what comes after it is a trace of its own, with a link.
    const isUnsent = (parent instanceof RootSpan || parent instanceof ChildSpan) && !parent.requestContext.wasKept
    const record = this.#recorder.beginRoot(manualRoot, {
      kind: KINDS[options.kind ?? 0] ?? SPAN_KIND.internal,
      parent: above && !isUnsent ? parentOf(above) : undefined,
    })
    if (above && isUnsent) record.addition().links.push({ traceId: above.traceId, spanId: above.spanId })
    record.addition().name = name
    if (options.attributes) Object.assign(record.addition().attributes, attributeInputs(options.attributes))
    return new ManualRootSpan(record, () => this.#recorder.endRoot(record))
  }
}

/** A span context of zeros is none. */
function parentOf({ traceId, spanId, traceFlags, traceState }: SpanContext): RemoteParent | undefined {
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined
  return { traceId, parentSpanId: spanId, flags: traceFlags, traceState: traceState?.serialize() || undefined }
}

/** A span below one of ours, where its request still runs. A statement gets its call site, as one that we see ourselves. */
function childSpanOf(
  parent: Span | undefined,
  {
    recorder,
    scope,
    name,
    options,
  }: { readonly recorder: Recorder; readonly scope: Scope; readonly name: string; readonly options: SpanOptions },
): Span | undefined {
  if (!(parent instanceof RootSpan) && !(parent instanceof ChildSpan)) return undefined
  const { record } = parent.requestContext
  if (!record) return undefined
  const detail = new ManualSpan(KINDS[options.kind ?? 0] ?? SPAN_KIND.internal, scope, name)
  if (options.attributes) Object.assign(detail.additions.attributes, attributeInputs(options.attributes))
  if (detail.kind === SPAN_KIND.client) record.hasForeignCalls = true
  const isStatement = detail.kind === SPAN_KIND.client && shapeOfSpan(detail, recorder.shapes) !== undefined
  const child = recorder.startChildOf(manualSpan, detail, {
    record,
    parent: parent instanceof ChildSpan ? parent.child : undefined,
    startMs: options.startTime === undefined ? now() : monotonicMsOf(options.startTime),
    from: isStatement ? childSpanOf : undefined,
  })
  return new ChildSpan(child, record)
}

/** The context of now: one the application made, else one that holds the running request's root span. */
export function activeContext(): Context {
  return attempt('opentelemetry.active', contextOfNow, ROOT_CONTEXT)
}

function contextOfNow(): Context {
  const requestContext = currentRequestContext()
  if (!requestContext) return ROOT_CONTEXT
  if (requestContext.context) return requestContext.context
  const record = requestContext.root.record
  if (!record) return ROOT_CONTEXT
  const context = withSpan(ROOT_CONTEXT, new RootSpan(record))
  requestContext.context = carriesBaggage() ? withBaggageHeader(context, record.header('baggage')) : context
  return requestContext.context
}

export const contextManager: ContextManager = {
  active: activeContext,

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return runInRequestContext(requestContextFor(context), () => fn.apply(thisArg, args))
  },

  bind<T>(context: Context, target: T): T {
    if (typeof target !== 'function') return target
    const requestContext = requestContextFor(context)
    return function (this: unknown, ...args: unknown[]): unknown {
      return runInRequestContext(requestContext, () => target.apply(this, args) as unknown)
    } as T
  },

  enable() {
    return this
  },

  disable() {
    return this
  },
}

/** A context belongs to the request whose span it holds; without one, to the request that runs now. */
function requestContextFor(context: Context): RequestContext | undefined {
  return attempt('opentelemetry.requestContext', () => newRequestContext(context), undefined) ?? currentRequestContext()
}

function newRequestContext(context: Context): RequestContext {
  const span = spanIn(context)
  const root = span instanceof RootSpan || span instanceof ChildSpan ? span.requestContext : currentRequestContext()?.root
  if (root?.record) noteBaggage(root.record, baggageIn(context))
  return new RequestContext(undefined, root, context)
}

/** The application's own span that is active in a request context. */
export function manualParentIn(requestContext: RequestContext): Child | undefined {
  const span = requestContext.context && spanIn(requestContext.context)
  return span instanceof ChildSpan && !span.child.ended ? span.child : undefined
}
