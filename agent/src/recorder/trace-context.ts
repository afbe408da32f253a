/** W3C Trace Context, level 1. */

export interface TraceParent {
  readonly traceId: string
  readonly parentSpanId: string
  readonly flags: number
}

/** The span of another process that this work belongs to. */
export interface RemoteParent extends TraceParent {
  readonly traceState?: string | undefined
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)
const MAX_TRACESTATE_LENGTH = 512

/** Reads the header; undefined when it is missing or not to be trusted (§3.2.2: version ff, ids of zeros, a longer version 00). */
export function parseTraceParent(header: unknown): TraceParent | undefined {
  if (typeof header !== 'string') return undefined
  const [, version, traceId, parentSpanId, flags, rest] = TRACEPARENT.exec(header.trim()) ?? []
  if (!version || !traceId || !parentSpanId || !flags) return undefined
  if (version === 'ff' || (version === '00' && rest !== undefined) || traceId === NO_TRACE || parentSpanId === NO_SPAN) return undefined
  return { traceId, parentSpanId, flags: Number.parseInt(flags, 16) }
}

export function formatTraceParent(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-${flags & 1 ? '01' : '00'}`
}

/** The `tracestate` to pass on: several headers are one list; one that is too long is dropped entirely (§3.3.1.5). */
export function traceStateOf(header: unknown): string | undefined {
  const state = Array.isArray(header) ? header.join(',') : header
  return typeof state === 'string' && state !== '' && state.length <= MAX_TRACESTATE_LENGTH ? state : undefined
}
