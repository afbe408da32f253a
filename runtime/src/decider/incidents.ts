/** The keeper's own incidents: an instance that is down, from the end of its process until a generation is ready again. */
import { type EventName, events, incidentId, type SpyglassEvent } from '@spyglass/agent/contract'

export class DownIncidents {
  readonly #open: Map<string, string>
  readonly #emit: (event: SpyglassEvent) => void
  readonly #now: () => number

  /** `open`: incident ids by resource, as {@link open} gave them to an earlier decider. */
  constructor(emit: (event: SpyglassEvent) => void, open: Iterable<readonly [string, string]> = [], now: () => number = Date.now) {
    this.#emit = emit
    this.#open = new Map(open)
    this.#now = now
  }

  get open(): readonly (readonly [resource: string, incidentId: string])[] {
    return [...this.#open]
  }

  /** Raises once each time it goes down. */
  down(resource: string, message: string, attributes: SpyglassEvent['attributes']): void {
    if (this.#open.has(resource)) return
    const event = noteOf({ name: 'spyglass.instance.down', resource, message, attributes, time: this.#now() })
    this.#open.set(resource, event.incidentId)
    this.#emit(event)
  }

  /** Clears with the id of the raise; does nothing when it was not down. */
  up(resource: string, message: string, attributes: SpyglassEvent['attributes']): void {
    const incident = this.#open.get(resource)
    if (incident === undefined) return
    this.#open.delete(resource)
    this.#emit({ ...noteOf({ name: 'spyglass.instance.up', resource, message, attributes, time: this.#now() }), incidentId: incident })
  }
}

export interface NoteInput {
  readonly name: EventName
  readonly resource: string
  readonly message: string
  readonly attributes?: SpyglassEvent['attributes']
  readonly time: number
}

/** An event with its declared phase and severity and an incident id of its own. */
export function noteOf({ name, resource, message, attributes = {}, time }: NoteInput): SpyglassEvent {
  const { phase, severity } = events[name]
  return { name, incidentId: incidentId(name, resource, time), phase, severity, resource, time, message, attributes }
}
