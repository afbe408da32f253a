/** What a call to another service carries: the trace that it belongs to, and baggage. */
import type { Context } from '@opentelemetry/api'
import type { Child } from '../recorder/child.ts'
import { type RequestContext, currentRequestContext } from '../recorder/context.ts'
import { carriesBaggage, injectTrace, leadingFields, type OutgoingTrace } from '../recorder/propagation.ts'
import { baggageIn, formatBaggage } from '../recorder/baggage.ts'
import { foreignTraceIn } from './opentelemetry/context.ts'

/** How headers of a kind of request are read and written. One for all requests, so that a call costs no closures. */
export interface Carrier<R> {
  readonly has: (request: R, header: string) => boolean
  readonly write: (request: R, header: string, value: string) => void
}

/** Writes the headers. A trace or baggage that the application has set itself is left alone. */
export function injectInto<R>(request: R, child: Child, carrier: Carrier<R>): void {
  const requestContext = currentRequestContext()
  if (!requestContext) return
  const trace = traceOf(child, requestContext.context)
  if (trace && !isCarried(request, carrier)) injectTrace(trace, (header, value) => carrier.write(request, header, value))
  const baggage = carriesBaggage() ? baggageOf(requestContext) : undefined
  if (baggage && !carrier.has(request, 'baggage')) carrier.write(request, 'baggage', baggage)
}

function isCarried<R>(request: R, { has }: Carrier<R>): boolean {
  for (const field of leadingFields()) if (has(request, field)) return true
  return false
}

/** A trace that the application extracted and made active comes before that of its own request. */
function traceOf(child: Child, context: Context | undefined): OutgoingTrace | undefined {
  const foreign = context && foreignTraceIn(context)
  if (foreign) return foreign
  const { record, adopted } = child
  if (!record) return undefined
  const { traceId, flags, passedState: traceState } = record
  // A call that has no place in its record is never sent, so its request stands for it.
  return { traceId, spanId: adopted ? child.spanId : record.spanId, flags, traceState }
}

/** That of the application's context, else as it came with the request. */
function baggageOf({ context, root }: RequestContext): string | undefined {
  if (context) {
    const baggage = baggageIn(context)
    return baggage && formatBaggage(baggage)
  }
  const header: unknown = root.record?.header('baggage')
  return typeof header === 'string' ? header : undefined
}
