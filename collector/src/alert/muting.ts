/**
 * Why an incident is kept from people for now: a silence, maintenance, an instance that is down and explains it, or that it comes and goes. What
 * still fires when the reason is gone is paged then. Pure but for the silences; events and SNMP notifications know none of this.
 */
import { keyOf } from './event-source.ts'
import { type Incident, isOpen } from './incident.ts'
import type { Labels } from './matcher.ts'
import type { MaintenanceWindows } from './maintenance.ts'
import type { Silences } from './silences.ts'

export type Mute = 'silence' | 'maintenance' | 'instance-down' | 'flapping'

export interface MutingOptions {
  readonly silences: Pick<Silences, 'covering'>
  readonly maintenance: Pick<MaintenanceWindows, 'isWithin'>
}

export interface Moment {
  readonly labels: Labels
  /** All incidents, oldest first. */
  readonly all: readonly Incident[]
  readonly now: number
}

/** Undefined: they are told. */
export function muteOf(incident: Incident, moment: Moment, { silences, maintenance }: MutingOptions): Mute | undefined {
  const { labels, now } = moment
  if (silences.covering(labels).length > 0) return 'silence'
  if (maintenance.isWithin(labels, now)) return 'maintenance'
  if (isExplained(incident, moment)) return 'instance-down'
  return isFlapping(incident, moment) ? 'flapping' : undefined
}

/** What follows from an instance that is down ends some seconds after it. */
const AFTERMATH_MS = 30_000

/** Whether every instance that it is about is down. One that is not yet long enough down to page explains it as well. */
function isExplained({ id, rule, resource, origin, attributes }: Incident, { all, now }: Moment): boolean {
  if (rule === 'InstanceDown') return false
  const own = instancesOf(resource, attributes)
  const isDown = (instance: string): boolean =>
    all.some(
      (one) =>
        one.id !== id &&
        one.rule === 'InstanceDown' &&
        one.origin === origin &&
        keyOf(one.resource, 'name') === instance &&
        (isOpen(one) || now - (one.resolvedAt ?? 0) <= AFTERMATH_MS),
    )
  return own.length > 0 && own.every(isDown)
}

/** A service names those that serve it. */
function instancesOf(resource: string, attributes: Incident['attributes']): readonly string[] {
  const { instances } = attributes
  if (typeof instances === 'string' && instances !== '') return instances.split(',')
  const instance =
    keyOf(resource, 'instance') || keyOf(resource, 'process') || (keyOf(resource, 'type') === 'Instance' ? keyOf(resource, 'name') : '')
  return instance === '' ? [] : [instance]
}

/** The same condition that has fired this often within this time is told again only if it lasts. */
const FLAPPING_TIMES = 3
const FLAPPING_WITHIN_MS = 600_000
const FLAPPING_HOLD_MS = 300_000

function isFlapping({ id, rule, resource, origin, firedAt, since }: Incident, { all, now }: Moment): boolean {
  if (now - (firedAt ?? since) >= FLAPPING_HOLD_MS) return false
  const before = all.filter(
    (one) =>
      one.id !== id &&
      one.rule === rule &&
      one.resource === resource &&
      one.origin === origin &&
      one.firedAt !== undefined &&
      now - one.firedAt <= FLAPPING_WITHIN_MS,
  )
  return before.length >= FLAPPING_TIMES
}
