/**
 * Knows which incidents each process has open. A process that is gone cannot clear what it raised: its incidents are cleared for it,
 * with their own ids, so that no page and no trap stays open for a pool that no longer exists.
 */
import { type EventDeclaration, type EventName, events, type SpyglassEvent } from '@spyglass/agent/contract'

export class IncidentTracker {
  readonly #open = new Map<string, Map<string, SpyglassEvent>>()
  readonly #clear: (event: SpyglassEvent) => void
  readonly #now: () => number

  constructor(clear: (event: SpyglassEvent) => void, now: () => number = Date.now) {
    this.#clear = clear
    this.#now = now
  }

  /** Takes note of an event of `source`. */
  seen(source: string, event: SpyglassEvent): void {
    const { durable }: EventDeclaration = events[event.name]
    if (event.phase === 'raise' && !durable) this.#incidentsOf(source).set(event.incidentId, event)
    if (event.phase === 'clear') this.#open.get(source)?.delete(event.incidentId)
  }

  /** Clears what `source` had open. */
  gone(source: string): void {
    const incidents = this.#open.get(source)
    this.#open.delete(source)
    for (const raised of incidents?.values() ?? []) {
      const clear = clearOf(raised, source, this.#now())
      if (clear) this.#clear(clear)
    }
  }

  #incidentsOf(source: string): Map<string, SpyglassEvent> {
    let incidents = this.#open.get(source)
    if (!incidents) this.#open.set(source, (incidents = new Map()))
    return incidents
  }
}

function clearOf(raised: SpyglassEvent, source: string, time: number): SpyglassEvent | undefined {
  for (const [name, declaration] of Object.entries(events)) {
    if (!('clears' in declaration) || declaration.clears !== raised.name) continue
    const message = `${source} exited: its open incidents are cleared`
    const { phase, severity } = declaration
    return {
      name: name as EventName,
      incidentId: raised.incidentId,
      phase,
      severity,
      resource: raised.resource,
      time,
      message,
      attributes: {},
    }
  }
  return undefined
}
