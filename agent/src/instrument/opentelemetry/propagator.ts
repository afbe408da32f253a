/** `propagation.inject` and `propagation.extract` of the OpenTelemetry API, in the formats of OTEL_PROPAGATORS. */
import type { Context, Span, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api'
import { attempt, guarded } from '../../guard/guard.ts'
import { carrierFields, carriesBaggage, extractTrace, injectTrace } from '../../recorder/propagation.ts'
import { baggageIn, formatBaggage, withBaggageHeader } from '../../recorder/baggage.ts'
import { outgoingTraceIn, spanIn, withSpan } from './context.ts'
import { passedStateOf, unrecordedSpan } from './spans.ts'
import { TraceStateText } from './trace-state.ts'

export const propagator: TextMapPropagator = {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const write: Write = (name, value) => setter.set(carrier, name, value)
    injectTraceOf(context, write)
    injectBaggageOf(context, write)
  },

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    return attempt('opentelemetry.extract', () => extracted(context, (name) => getter.get(carrier, name)), context)
  },

  fields: carrierFields,
}

type Write = (name: string, value: string) => void

/** The span and the baggage may be objects of the application: a fault of one leaves the other. */
const injectTraceOf = guarded('opentelemetry.inject', (context: Context, write: Write) => {
  const trace = outgoingTraceIn(context)
  if (trace) injectTrace({ ...trace, traceState: passedStateOf(spanIn(context)) ?? trace.traceState }, write)
})

const injectBaggageOf = guarded('opentelemetry.inject', (context: Context, write: Write) => {
  const baggage = carriesBaggage() ? baggageIn(context) : undefined
  const text = baggage ? formatBaggage(baggage) : ''
  if (text !== '') write('baggage', text)
})

function extracted(context: Context, read: (name: string) => unknown): Context {
  const { parent, traceState } = extractTrace(read)
  const within = parent ? withSpan(context, remoteSpan(parent, traceState)) : context
  return carriesBaggage() ? withBaggageHeader(within, read('baggage')) : within
}

function remoteSpan(parent: { traceId: string; parentSpanId: string; flags: number }, traceState: string | undefined): Span {
  return unrecordedSpan({
    traceId: parent.traceId,
    spanId: parent.parentSpanId,
    traceFlags: parent.flags,
    isRemote: true,
    ...(traceState ? { traceState: new TraceStateText(traceState) } : {}),
  })
}
