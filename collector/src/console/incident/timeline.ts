/**
 * What happened in an incident, in order. The events of the store are most of it; what the evaluator knows and the store does not yet, or never
 * will, is put between them. Pure, for the console and for the file that is read offline.
 */
import type { Alerting } from '../../alert/index.ts'
import type { KnownEvent, KnownIncident } from './known-incident.ts'

export const momentTypes = ['raise', 'page', 'delivery', 'acknowledgement', 'note', 'silence', 'escalation', 'change', 'clear'] as const
export type MomentType = (typeof momentTypes)[number]

export interface Moment {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly type: MomentType
  readonly text: string
}

export type CoveringSilence = Pick<ReturnType<Alerting['silences']>[number], 'startsAt' | 'endsAt' | 'createdBy' | 'comment'>

/** An event reaches the store with the clock of its sender: what is this close to what we know is the same. */
const SAME_WITHIN_MS = 5000

const TYPES: Readonly<Record<string, MomentType>> = {
  'spyglass.alert.firing': 'page',
  'spyglass.alert.resolved': 'clear',
  'spyglass.alert.acknowledged': 'acknowledgement',
  'spyglass.alert.noted': 'note',
  'spyglass.alert.delivered': 'delivery',
}

/** Oldest first; at the same moment the cause stands before the effect. */
export function timelineOf(
  incident: KnownIncident,
  happened: readonly KnownEvent[],
  silences: readonly CoveringSilence[] = [],
): readonly Moment[] {
  const told = withoutRepeats(happened).map(momentOf)
  const missing = rememberedOf(incident).filter(({ type, time }) => !told.some((one) => one.type === type && isClose(one.time, time)))
  return [...told, ...missing, ...silences.flatMap((silence) => silenceOf(silence, incident))].toSorted(
    (a, b) => a.time - b.time || momentTypes.indexOf(a.type) - momentTypes.indexOf(b.type),
  )
}

const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= SAME_WITHIN_MS

function momentOf({ time, name, phase, message }: KnownEvent): Moment {
  const type = TYPES[name] ?? (phase === 'raise' || phase === 'clear' ? phase : 'change')
  return { time, type, text: message }
}

/** The same event may be stored twice, by the collector itself and by management. */
function withoutRepeats(happened: readonly KnownEvent[]): readonly KnownEvent[] {
  return [...new Map(happened.map((event) => [`${event.name} ${event.time} ${event.message}`, event])).values()]
}

function rememberedOf({ since, summary, present }: KnownIncident): readonly Moment[] {
  if (!present) return []
  const { firedAt, acknowledged, escalatedAt, resolvedAt, rule } = present
  const moments: (Moment | undefined)[] = [
    { time: since, type: 'raise', text: summary },
    firedAt === undefined ? undefined : { time: firedAt, type: 'page', text: `${rule} fires` },
    acknowledged && { time: acknowledged.at, type: 'acknowledgement', text: `${acknowledged.by} takes care of it` },
    escalatedAt === undefined ? undefined : { time: escalatedAt, type: 'escalation', text: 'Nobody had acknowledged it: escalated' },
    resolvedAt === undefined ? undefined : { time: resolvedAt, type: 'clear', text: `${rule} has resolved` },
  ]
  return moments.filter((moment) => moment !== undefined)
}

/** Where it began before the incident it is shown at its beginning: from then on it withheld its pages. */
function silenceOf({ startsAt, endsAt, createdBy, comment }: CoveringSilence, { since, resolvedAt = Infinity }: KnownIncident): Moment[] {
  const from = Math.max(startsAt, since)
  if (from > resolvedAt || endsAt <= since) return []
  return [{ time: from, type: 'silence', text: `${createdBy} silences it until ${new Date(endsAt).toISOString()}: ${comment}` }]
}
