/**
 * One call that is seen twice: by us, and by an instrumentation of OpenTelemetry whose span is not around ours but beside it, since it is not active as
 * the library is called. It is recorded once: ours stays, with the id that calls may already carry, and the other is neither sent nor counted.
 */
import type { Child } from './child.ts'
import { type HttpCall, httpCall } from './kinds/http-call.ts'
import { type ManualSpan, isClientSpan, manualSpan, systemOf } from './kinds/manual-span.ts'
import { type Statement, statement } from './kinds/statement.ts'
import { attr } from '../contract/telemetry.ts'
import type { TraceRecord } from './trace-record.ts'

/** How many of the last children are looked at: both see the call as it begins. */
const NEAR = 16

/** Called with a child that has begun. Those of our own look for a span of others only in a request that has such spans. */
export function mergeTwins(record: TraceRecord, child: Child): void {
  const children = record.children ?? []
  const isForeign = child.kind === manualSpan
  for (let at = children.length - 1; at >= Math.max(0, children.length - NEAR); at--) {
    const other = children[at] as Child
    if (other === child || other.ended || other.hasTwin || (other.kind === manualSpan) === isForeign) continue
    const [ours, foreign] = (isForeign ? [other, child] : [child, other]) as [Child, Child<ManualSpan>]
    if (isAround(foreign, ours) || !isSame(ours, foreign.detail)) continue
    ours.hasTwin = true
    if (isForeign) foreign.takeIdOf(ours)
    else ours.takeIdOf(foreign)
    foreign.inner = ours.kind as never
    foreign.adopted = false
    children.splice(children.indexOf(foreign), 1)
    return
  }
}

/** Then it is the parent, which may have attributes of the application. */
function isAround(foreign: Child, ours: Child): boolean {
  for (let outer = ours.parent; outer; outer = outer.parent) if (outer === foreign) return true
  return false
}

function isSame({ kind, detail }: Child, foreign: ManualSpan): boolean {
  if (!isClientSpan(foreign)) return false
  if (kind === statement) {
    const { shape, system } = detail as Statement
    if (!foreign.shape) return false
    return foreign.shape === shape || (systemOf(foreign) === system && isSameOperation(foreign.shape.operation, shape.operation))
  }
  return kind === httpCall && isSameCall(detail as HttpCall, foreign)
}

const isSameOperation = (one: string, other: string): boolean => one !== '' && one.toLowerCase() === other.toLowerCase()

function isSameCall({ method, origin, path }: HttpCall, { additions: { attributes } }: ManualSpan): boolean {
  const [given, url] = [attributes[attr.httpMethod] ?? attributes['http.method'], attributes[attr.urlFull] ?? attributes['http.url']]
  if (given !== method || typeof url !== 'string') return false
  const [theirs, ours] = [URL.parse(url), URL.parse(origin + path)]
  return theirs !== null && ours !== null && theirs.host === ours.host && theirs.pathname === ours.pathname
}
