/**
 * Whose code was on the processor: the request's own, that of others, or none. One cause for the request itself and one for each name of others; its place is
 * the line at which most of that time was seen.
 */
import type { Cause } from '../cause.ts'
import type { LoopRequest, LoopWork } from './loop-evidence.ts'

export interface CpuCause {
  readonly cause: Cause
  /** Other requests of this name; 0 where it says nothing. */
  readonly count: number
  readonly ms: number
}

/** The request that the verdict is on. */
interface Own {
  readonly requestContext: object
  readonly spanId: string
}

interface Group {
  readonly cause: Cause['cause']
  readonly peer?: string
  readonly work: { readonly location: string; readonly request: LoopRequest | undefined; readonly ms: number }[]
}

export function causesOfWork(workMs: ReadonlyMap<LoopWork, number>, own: Own): readonly CpuCause[] {
  const groups = new Map<string, Group>()
  for (const [{ request, location }, ms] of workMs) {
    if (ms <= 0) continue
    const whose = whoseOf(request, own)
    const key = `${whose.cause} ${whose.peer ?? ''}`
    const group = groups.get(key) ?? { ...whose, work: [] }
    groups.set(key, group)
    group.work.push({ location, request, ms })
  }
  return [...groups.values()].map(causeOf)
}

function whoseOf(request: LoopRequest | undefined, { requestContext, spanId }: Own): Pick<Group, 'cause' | 'peer'> {
  if (!request) return { cause: 'background_cpu' }
  const isOwn = request.requestContext === undefined ? request.spanId === spanId : request.requestContext === requestContext
  return isOwn ? { cause: 'own_cpu' } : { cause: 'other_cpu', peer: request.name }
}

function causeOf({ cause, peer, work }: Group): CpuCause {
  const location = longest(work, ({ location: place }) => place)
  const traceId = cause === 'other_cpu' ? longest(work, ({ request }) => request?.traceId ?? '') : ''
  const others = new Set(work.map(({ request }) => request?.requestContext ?? request?.spanId))
  return {
    cause: { cause, ...(location && { location }), ...(peer === undefined ? {} : { peer }), ...(traceId && { traceId }) },
    count: cause === 'other_cpu' ? others.size : 0,
    ms: work.reduce((sum, { ms }) => sum + ms, 0),
  }
}

/** The text with the longest time together; empty when none has one. */
function longest(work: Group['work'], textOf: (one: Group['work'][number]) => string): string {
  const sums = new Map<string, number>()
  for (const one of work) if (textOf(one) !== '') sums.set(textOf(one), (sums.get(textOf(one)) ?? 0) + one.ms)
  return [...sums].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? ''
}
