/** How trace and baggage travel between services: the formats that OTEL_PROPAGATORS names. */
import { type RemoteParent, type TraceParent, formatTraceParent, parseTraceParent, traceStateOf } from './trace-context.ts'

/** W3C Trace Context and W3C Baggage, and B3 (github.com/openzipkin/b3-propagation) as one header or several. */
type Propagator = 'tracecontext' | 'baggage' | 'b3' | 'b3multi'

export interface IncomingTrace {
  readonly parent: TraceParent | undefined
  /** Of W3C Trace Context. */
  readonly traceState: string | undefined
}

export interface OutgoingTrace {
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
  readonly traceState: string | undefined
}

type Read = (header: string) => unknown
type Write = (header: string, value: string) => void

const NONE: IncomingTrace = { parent: undefined, traceState: undefined }
const B3_FIELDS = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-flags'] as const
/** The header without which there is none of the others. */
const LEADING: Readonly<Record<Propagator, string | undefined>> = {
  tracecontext: 'traceparent',
  b3: 'b3',
  b3multi: B3_FIELDS[0],
  baggage: undefined,
}
const FIELDS: Readonly<Record<Propagator, readonly string[]>> = {
  tracecontext: ['traceparent', 'tracestate'],
  b3: ['b3'],
  b3multi: B3_FIELDS,
  baggage: ['baggage'],
}

let active: ReadonlySet<Propagator> = new Set()
let leading: readonly string[] = []
setPropagators(['tracecontext', 'baggage'])

/** `none` among them stands for none at all. */
export function setPropagators(names: readonly string[]): void {
  active = new Set(names.includes('none') ? [] : names.filter((name): name is Propagator => Object.hasOwn(FIELDS, name)))
  leading = [...active].map((name) => LEADING[name]).filter((field) => field !== undefined)
}

export function carriesBaggage(): boolean {
  return active.has('baggage')
}

/** One of them is there if a trace is carried already. */
export function leadingFields(): readonly string[] {
  return leading
}

/** All headers that are written or read. */
export function carrierFields(): string[] {
  return [...active].flatMap((name) => FIELDS[name])
}

/** With several formats the first that holds a trace counts, W3C before B3. */
export function extractTrace(read: Read): IncomingTrace {
  if (active.has('tracecontext')) {
    const parent = parseTraceParent(first(read('traceparent')))
    if (parent) return { parent, traceState: traceStateOf(read('tracestate')) }
  }
  if (!active.has('b3') && !active.has('b3multi')) return NONE
  return { parent: parseB3(first(read('b3'))) ?? parseB3Headers(read), traceState: undefined }
}

/** The same as the parent of a root: of headers, or of the metadata of a message. */
export function remoteParentIn(read: Read): RemoteParent | undefined {
  const { parent, traceState } = extractTrace(read)
  return parent && { ...parent, traceState }
}

export function injectTrace({ traceId, spanId, flags, traceState }: OutgoingTrace, write: Write): void {
  if (active.has('tracecontext')) {
    write('traceparent', formatTraceParent(traceId, spanId, flags))
    if (traceState) write('tracestate', traceState)
  }
  const sampled = flags & 1 ? '1' : '0'
  if (active.has('b3')) write('b3', `${traceId}-${spanId}-${sampled}`)
  if (active.has('b3multi')) {
    write('x-b3-traceid', traceId)
    write('x-b3-spanid', spanId)
    write('x-b3-sampled', sampled)
  }
}

const B3 = /^([\da-f]{32}|[\da-f]{16})-([\da-f]{16})(?:-([01d])(?:-[\da-f]{16})?)?$/i

function parseB3(header: unknown): TraceParent | undefined {
  const [, traceId, spanId, sampled] = B3.exec(typeof header === 'string' ? header.trim() : '') ?? []
  return b3Parent(traceId, spanId, sampled !== '0')
}

function parseB3Headers(read: Read): TraceParent | undefined {
  const [traceId, spanId, sampled, debug] = B3_FIELDS.map((field) => textOf(first(read(field))))
  if (!/^([\da-f]{32}|[\da-f]{16})$/i.test(traceId ?? '') || !/^[\da-f]{16}$/i.test(spanId ?? '')) return undefined
  return b3Parent(traceId, spanId, debug === '1' || !/^(0|false)$/i.test(sampled ?? ''))
}

/** Without a decision of the caller it is sampled, as a new trace is. */
function b3Parent(traceId: string | undefined, spanId: string | undefined, sampled: boolean): TraceParent | undefined {
  if (!traceId || !spanId || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId: traceId.toLowerCase().padStart(32, '0'), parentSpanId: spanId.toLowerCase(), flags: sampled ? 1 : 0 }
}

const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)
const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')
