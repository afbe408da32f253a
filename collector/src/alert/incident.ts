/** What the evaluator knows of one thing that is wrong. Incidents are plain data: the state file holds them as they are. */
import type { EventSeverity, Holder } from '@spyglass/agent/contract'
import type { Change } from '../notify/index.ts'

export type IncidentState = 'pending' | 'firing' | 'resolved'

export interface Incident {
  /** The id of the raising event. */
  readonly id: string
  readonly rule: string
  readonly severity: EventSeverity
  /** ObjectName. */
  readonly resource: string
  readonly state: IncidentState
  readonly summary: string
  /** When the condition began, as its sender says; milliseconds since the epoch, as all times here. */
  readonly since: number
  /** When its last raise was heard, by our own clock. */
  readonly heardAt: number
  /** Pending: when it fires unless it clears before. By our own clock. */
  readonly dueAt: number
  readonly firedAt?: number
  readonly resolvedAt?: number
  /** When the last page or reminder was decided. */
  readonly pagedAt?: number
  /** Raise events that have not cleared. A firing incident absorbs further ones of its resource. */
  readonly open: readonly string[]
  /** All have cleared, and it resolves at this time unless something raises again. */
  readonly quietUntil?: number
  /** How long it must stay clear before it resolves. */
  readonly settleMs: number
  /** Which of its pages are in the outbox. */
  readonly announced: 'nothing' | 'firing' | 'resolved'
  readonly holders: readonly Holder[]
  readonly changes: readonly Change[]
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  /** Found by a rule over rollups or by reading the registry, not raised by an event: it clears by its resource alone. */
  readonly observed?: boolean
}

export const isOpen = ({ state }: Incident): boolean => state !== 'resolved'
