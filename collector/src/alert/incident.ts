/** The evaluator's record of one problem. Incidents are plain data, stored unchanged in the state file. */
import type { EventSeverity, Holder } from '@spyglass/agent/contract'
import type { Change, PageService, PageUsual } from '../notify/index.ts'

export type IncidentState = 'pending' | 'firing' | 'resolved'

/** That somebody takes care of an incident. */
export interface Acknowledgement {
  readonly by: string
  readonly at: number
  /** Empty without one. */
  readonly note: string
}

/** As in a page, with the id of the trace in place of its link. */
export interface ServiceEvidence extends Omit<PageService, 'exceptions'> {
  readonly exceptions: readonly (Omit<PageService['exceptions'][number], 'link'> & { readonly traceId: string })[]
}

export interface Incident {
  /** The id of the raising event. */
  readonly id: string
  readonly rule: string
  readonly severity: EventSeverity
  /** ObjectName. */
  readonly resource: string
  /** The server that has the resource, where it is another one than the collector's: `east@9f8e7d6c`. */
  readonly origin?: string | undefined
  readonly state: IncidentState
  readonly summary: string
  /** When the condition began, according to its sender; in milliseconds since the epoch, like all times here. */
  readonly since: number
  /** When its last raise arrived, by our clock. */
  readonly heardAt: number
  /** Pending: when it fires unless it clears first. By our clock. */
  readonly dueAt: number
  readonly firedAt?: number
  readonly resolvedAt?: number
  /** When the last page or reminder was decided. */
  readonly pagedAt?: number
  /** Raise events that have not cleared. A firing incident absorbs further ones of its resource. */
  readonly open: readonly string[]
  /** Its last raise events that have cleared: one that arrives again is none. Absent in older state files. */
  readonly cleared?: readonly string[]
  /** All have cleared, and it resolves at this time unless something raises again. */
  readonly quietUntil?: number
  /** How long it must stay clear before it resolves. */
  readonly settleMs: number
  /** Somebody takes care of it: no more reminders. */
  readonly acknowledged?: Acknowledgement
  /** When it went to the receivers of what nobody acknowledges. */
  readonly escalatedAt?: number
  /** Receivers that were told that it began. Absent in older state files. */
  readonly told?: readonly string[]
  /** Its page is kept from people (`muting.ts`). Once nothing does, they get it. */
  readonly isWithheld?: true
  /** The first incident of the same cause, of which people were told; absent when it is this one. */
  readonly group?: string
  /** It joined its group after the page about that, so people do not know it yet. */
  readonly isNews?: true
  /** How far it has been announced: events and, unless a silence withholds them, pages in the outbox. */
  readonly announced: 'nothing' | 'firing' | 'resolved'
  readonly holders: readonly Holder[]
  readonly changes: readonly Change[]
  /** What failed or was slow in its service, when it was last asked. Its traces have no links yet. */
  readonly service?: ServiceEvidence
  /** How bad it is against what is usual. */
  readonly usual?: PageUsual
  /** Of one that has resolved: requests of its service that failed while it lasted, where that is known. */
  readonly failedRequests?: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  /** Found by a rule over rollups or in the registry, not raised by an event: it clears by resource only. */
  readonly observed?: boolean
}

export const isOpen = ({ state }: Incident): boolean => state !== 'resolved'
