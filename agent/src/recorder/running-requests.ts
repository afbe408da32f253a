/** What runs now, for people: which requests, for how long, and what each waits for. One can be cancelled where its protocol has a way to tell the program. */
import { attr } from '../contract/telemetry.ts'
import type { RunningRequest } from '../current-agent.ts'
import { attempt } from '../guard/guard.ts'
import type { Child } from './child.ts'
import { now } from './clock.ts'
import type { RunningRecords } from './running.ts'
import type { StatementControl } from './statement-run.ts'
import { spanNameOf } from './trace-export.ts'
import type { TraceRecord } from './trace-record.ts'

const MAX_LISTED = 100

/** The oldest first. */
export function runningRequests(running: RunningRecords): readonly RunningRequest[] {
  const listed: RunningRequest[] = []
  for (const record of running.olderThan(now())) {
    if (listed.length >= MAX_LISTED) break
    attempt('running', () => listed.push(requestOf(record)), 0)
  }
  return listed
}

function requestOf(record: TraceRecord): RunningRequest {
  const { spanId, traceId, durationMs, application, kind } = record
  const wait = record.children?.findLast((child) => !child.ended && 'cause' in child.kind)
  return {
    id: spanId,
    traceId,
    name: spanNameOf(record),
    ageMs: Math.round(durationMs),
    application: application ?? '',
    waitsFor: wait ? waitText(wait) : '',
    waitMs: wait ? Math.round(now() - wait.startMs) : 0,
    cancellable: 'cancel' in kind || record.aborter !== undefined,
  }
}

function waitText(child: Child): string {
  const { cause = '', statement, peer, location } = child.kind.cause?.(child) ?? {}
  return [cause, statement ?? peer, location && `at ${location}`].filter(Boolean).join(' ')
}

/** Whether there was such a request and a way to cancel it. Its trace is kept. */
export function cancelRequest(running: RunningRecords, id: string, control?: StatementControl): boolean {
  for (const record of running.olderThan(now()))
    if (record.spanId === id) return attempt('running.cancel', () => cancel(record, control), false)
  return false
}

function cancel(record: TraceRecord, control: StatementControl | undefined): boolean {
  const { aborter, detail, kind, children = [] } = record
  if (!detail || (!aborter && !kind.cancel)) return false
  record.addition().attributes[attr.cancelled] = true
  control?.cancel(children)
  aborter?.abort(new DOMException('the request was cancelled', 'AbortError'))
  kind.cancel?.(detail)
  return true
}
