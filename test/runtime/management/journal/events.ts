import type { SpyglassEvent } from '@spyglass/agent/contract'
import { incidentId } from '@spyglass/agent/contract'

const NAMES = { raise: 'spyglass.pool.exhausted', clear: 'spyglass.pool.recovered', note: 'spyglass.pool.leak' } as const

/** An event of the incident with this number. */
export function eventOf(phase: SpyglassEvent['phase'], number: number): SpyglassEvent {
  return {
    name: NAMES[phase],
    phase,
    incidentId: incidentId('spyglass.pool.exhausted', 'pool', number),
    severity: 'critical',
    resource: 'pool',
    time: number,
    message: `${phase} ${number}`,
    attributes: {},
  }
}
