/** Takes in what the keeper passes on: pushes of all processes into the registry, their events to its listeners. */
import type { RegistrySnapshot, ToChild } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'
import { IncidentTracker } from './incident-tracker.ts'
import { KEEPER, ResourceMerge } from './resource-merge.ts'

export class Gathering {
  readonly #registry: Registry
  readonly #merge = new ResourceMerge()
  readonly #incidents: IncidentTracker

  constructor(registry: Registry) {
    this.#registry = registry
    this.#incidents = new IncidentTracker((event) => registry.relay(event))
  }

  onMessage(message: ToChild): void {
    if (message.type === 'source') this.#adopt(this.#merge.push(message.source, message.snapshot))
    if (message.type === 'event') {
      this.#incidents.seen(message.source, message.event)
      this.#registry.relay(message.event)
    }
    if (message.type === 'gone') this.#gone(message.source)
  }

  #gone(source: string): void {
    this.#adopt(this.#merge.gone(source))
    if (source !== KEEPER) this.#incidents.gone(source)
  }

  #adopt(views: ReadonlyMap<string, RegistrySnapshot>): void {
    for (const [source, snapshot] of views) this.#registry.adopt(source, snapshot)
  }
}
