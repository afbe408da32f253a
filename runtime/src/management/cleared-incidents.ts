/**
 * A process that is gone cannot clear what it raised: its incidents are cleared for it, with their own ids, so that no page and no trap stays
 * open for a pool that no longer exists.
 */
import { type EventDeclaration, type EventName, events, type SpyglassEvent } from '@spyglass/agent/contract'

/** Whether the end of its process ends it. */
export function endsWithItsProcess({ name }: SpyglassEvent): boolean {
  const { durable, phase }: EventDeclaration = events[name]
  return phase === 'raise' && !durable
}

/** Undefined for a raise that nothing is declared to clear. */
export function clearOf(raised: SpyglassEvent, message: string, time: number): SpyglassEvent | undefined {
  const found = Object.entries(events).find(([, declaration]) => 'clears' in declaration && declaration.clears === raised.name)
  if (!found) return undefined
  const [name, { phase, severity }] = found
  const { incidentId, resource } = raised
  return { name: name as EventName, incidentId, phase, severity, resource, time, message, attributes: {} }
}
