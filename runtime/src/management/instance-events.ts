/**
 * What an instance with a user of its own may tell. Its application can write anything to its socket: it must neither speak about others, page for
 * them, begin or end their incidents, nor show resources of theirs.
 */
import {
  type EventDeclaration,
  type EventName,
  events,
  incidentId,
  keysOf,
  objectNameOf,
  type ResourceSnapshot,
  type SpyglassEvent,
} from '@spyglass/agent/contract'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import type { JournalEntry } from './journal/journal-state.ts'

/** The events that instances emit, with the kind of their resource. All others are for the decider, the collector or management to tell. */
const TOLD_BY_INSTANCES = new Map<string, typeof kinds.datasource | typeof kinds.application>([
  ...of(kinds.datasource, [
    'spyglass.pool.exhausted',
    'spyglass.pool.recovered',
    'spyglass.pool.leak',
    'spyglass.datasource.failover',
    'spyglass.datasource.restored',
  ]),
  ...of(kinds.application, [
    'spyglass.application.started',
    'spyglass.application.failed',
    'spyglass.application.overloaded',
    'spyglass.application.relieved',
  ]),
])
/** The length of an event: so little that a thousand of them that wait are no burden. */
export const MAX_CHARACTERS = 65_536
/** Far more pools and applications than an instance has. Each open incident costs all outputs, and may page somebody. */
const MAX_OPEN_OF_ONE = 100

/** Whether an instance of one of these names may tell this at all: the event is one of an instance, and about the instance itself. */
export function isOfInstances({ name, resource, phase, time, incidentId: id }: SpyglassEvent, sources: readonly string[]): boolean {
  const kind = TOLD_BY_INSTANCES.get(name)
  if (!kind) return false
  const { type: _, ...keys } = keysOf(resource)
  if (resource !== objectNameOf(kind, keys) || !sources.includes(keys['instance'] ?? '')) return false
  return phase !== 'raise' || id === incidentId(name, resource, time) // no id that another incident has, or will have
}

/** Whether it may tell this now: it ends only what it began, and nothing is about the incident of another one. */
export function isOwnIncident(event: SpyglassEvent, source: string, open: readonly JournalEntry[]): boolean {
  const same = open.filter((entry) => entry.event.incidentId === event.incidentId)
  const { clears }: EventDeclaration = events[event.name]
  if (clears !== undefined) return same.some((entry) => entry.source === source && entry.event.name === clears)
  if (same.length > 0) return same.some((entry) => entry.source === source)
  return event.phase !== 'raise' || open.filter((entry) => entry.source === source).length < MAX_OPEN_OF_ONE
}

/** Whether the resource is of an instance of one of these names. The beans `java.*` name no process: each process shows its own. */
export function isResourceOf({ kind, keys }: ResourceSnapshot, sources: readonly string[]): boolean {
  const declared = kindNamed(kind)
  if (declared?.domain.startsWith('java.') === true) return true
  return (
    declared?.domain === kinds.instance.domain && sources.includes((kind === kinds.instance.name ? keys['name'] : keys['instance']) ?? '')
  )
}

function of<K>(kind: K, names: readonly EventName[]): [EventName, K][] {
  return names.map((name) => [name, kind])
}
