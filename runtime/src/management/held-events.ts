/** What a process tells before it is in service, in order: what it raises then, and what follows of the same incidents. */
import type { NumberedMessage } from '@spyglass/process/keeper-link'

type Told = Extract<NumberedMessage, { type: 'event' }>

export class HeldEvents {
  readonly #incidents = new Set<string>()
  readonly #ended = new Set<string>()
  #events: Told[] = []

  get size(): number {
    return this.#events.length
  }

  has(incidentId: string): boolean {
    return this.#incidents.has(incidentId)
  }

  /** False: nothing more is held. The first end of each incident is, also without room: else the incident would never end. */
  add(told: Told, hasRoom: boolean): boolean {
    const { phase, incidentId } = told.event
    if (phase === 'clear' ? this.#ended.has(incidentId) : !hasRoom) return false
    if (phase === 'clear') this.#ended.add(incidentId)
    this.#incidents.add(incidentId)
    this.#events.push(told)
    return true
  }

  /** All, oldest first; then none are held. */
  take(): readonly Told[] {
    const events = this.#events
    this.#events = []
    this.#incidents.clear()
    this.#ended.clear()
    return events
  }
}
