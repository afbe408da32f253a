/**
 * Incidents of one cause: one page about them, not one for each. A machine that fails takes all its instances with it, and a database the pools
 * of every instance. Pure; events and Alertmanager, which groups by itself, have each of them.
 */
import { keysOf } from '@spyglass/agent/contract'
import type { Words } from '../words/index.ts'
import type { Incident } from './incident.ts'

/** What fires within this time of another is of the same cause. */
const WITHIN_MS = 60_000
const MAX_NAMED = 10

/** The same rule of the same server; of what has a name of its own beside its process (a pool, a service), of that name. */
function causeOf({ rule, origin = '', resource }: Incident): string {
  const { type = '', name = '' } = keysOf(resource)
  return [rule, origin, type === 'Instance' ? '' : name].join('\n')
}

/** The id under which people know it: that of the first incident of its group. */
export const groupOf = ({ group, id }: Pick<Incident, 'group' | 'id'>): string => group ?? id

const isTold = ({ state, isWithheld }: Incident): boolean => state === 'firing' && !isWithheld

/** The group that an incident joins when it fires: of an earlier one that still fires. `all`: oldest first. Undefined: it begins its own. */
export function groupToJoin(incident: Incident, all: readonly Incident[], now: number): string | undefined {
  const at = all.findIndex(({ id }) => id === incident.id)
  const earlier = all.slice(0, Math.max(0, at))
  const found = earlier.find((one) => isTold(one) && causeOf(one) === causeOf(incident) && now - (one.firedAt ?? one.since) <= WITHIN_MS)
  return found && groupOf(found)
}

/** Those of the same cause that fire and were not told yet. */
export const companionsOf = (incident: Incident, all: readonly Incident[]): readonly Incident[] =>
  all.filter((one) => one.id !== incident.id && isTold(one) && one.announced === 'nothing' && causeOf(one) === causeOf(incident))

/** Other incidents of the group that still fire, oldest first. */
export const othersOf = (incident: Incident, all: readonly Incident[]): readonly Incident[] =>
  all.filter((one) => one.id !== incident.id && groupOf(one) === groupOf(incident) && isTold(one))

/** Whether this one stands for the group: the oldest that still fires. */
export const isLead = (incident: Incident, all: readonly Incident[]): boolean =>
  all.find((one) => groupOf(one) === groupOf(incident) && isTold(one))?.id === incident.id

/** What else the group is about; of its end, all that ended. */
export function companionsText(incident: Incident, all: readonly Incident[], words: Words): string {
  const names = all
    .filter((one) => one.id !== incident.id && groupOf(one) === groupOf(incident) && !one.isWithheld && one.state === incident.state)
    .map(({ resource }) => words.subject(resource))
  if (names.length === 0) return ''
  return words.companions(names.length, names.slice(0, MAX_NAMED), names.length > MAX_NAMED)
}
