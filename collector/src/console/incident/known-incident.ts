/** An incident as its address shows it: from the evaluator, which forgets, or from the events of the store, which last longer. */
import { type EventName, events, ruleOfEvent } from '@spyglass/agent/contract'
import type { Incident } from '../../alert/index.ts'
import { numberOf, type Row, textOf } from '../../query/index.ts'

/** One event of the table. */
export interface KnownEvent {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly name: string
  readonly phase: string
  readonly severity: string
  readonly resource: string
  readonly message: string
  readonly attributes: Readonly<Record<string, string>>
  readonly holders: Incident['holders']
}

/** What is shown of an incident, from either source. */
export interface KnownIncident {
  readonly id: string
  readonly rule: string
  readonly severity: string
  readonly resource: string
  /** `event`: one that stands alone, without a beginning and an end. */
  readonly state: Incident['state'] | 'event'
  readonly summary: string
  readonly since: number
  readonly resolvedAt?: number
  readonly acknowledged?: Incident['acknowledged']
  readonly isWithheld?: boolean
  readonly failedRequests?: number
  readonly holders: Incident['holders']
  /** Incident as the evaluator has it, while it does. */
  readonly present?: Incident
}

export const eventOfRow = (row: Row): KnownEvent => ({
  time: numberOf(row['time']),
  name: textOf(row['name']),
  phase: textOf(row['phase']),
  severity: textOf(row['severity']),
  resource: textOf(row['resource']),
  message: textOf(row['message']),
  attributes: (row['attributes'] ?? {}) as KnownEvent['attributes'],
  holders: (row['holders'] ?? []) as KnownEvent['holders'],
})

/** Undefined without an event and without the evaluator's record. `happened`: oldest first. */
export function knownIncident(id: string, present: Incident | undefined, happened: readonly KnownEvent[]): KnownIncident | undefined {
  if (present) return ofEvaluator(present)
  const first = happened.find(isRaise) ?? happened[0]
  if (!first) return undefined
  const alert = happened.find(({ name }) => name === 'spyglass.alert.firing')
  const rule = alert?.attributes['rule'] ?? ruleOf(first.name) ?? ''
  return {
    id,
    rule,
    severity: alert?.attributes['severity'] ?? first.severity,
    resource: first.resource,
    ...endOf(happened),
    summary: (alert ?? first).message.replace(`${rule} pages: `, ''),
    since: first.time,
    holders: first.holders.length > 0 ? first.holders : (alert?.holders ?? []),
  }
}

function ofEvaluator(present: Incident): KnownIncident {
  const { id, rule, severity, resource, state, summary, since, resolvedAt, acknowledged, isWithheld, failedRequests, holders } = present
  return {
    id,
    rule,
    severity,
    resource,
    state,
    summary,
    since,
    ...(resolvedAt === undefined ? {} : { resolvedAt }),
    ...(acknowledged ? { acknowledged } : {}),
    ...(isWithheld ? { isWithheld } : {}),
    ...(failedRequests === undefined ? {} : { failedRequests }),
    holders,
    present,
  }
}

/** An incident that no longer fires here may have lost its clear with the process that would have sent it: its last event is its end then. */
function endOf(happened: readonly KnownEvent[]): Pick<KnownIncident, 'state' | 'resolvedAt'> {
  if (!happened.some(isRaise)) return { state: 'event' }
  const end = happened.findLast(({ phase }) => phase === 'clear') ?? happened.at(-1)
  return { state: 'resolved', ...(end ? { resolvedAt: end.time } : {}) }
}

const isRaise = ({ phase }: Pick<KnownEvent, 'phase'>): boolean => phase === 'raise'

const ruleOf = (name: string): string | undefined => (Object.hasOwn(events, name) ? ruleOfEvent(name as EventName) : undefined)
