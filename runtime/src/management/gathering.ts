/** Applies what processes send: their pushes to the registry, their events to its listeners. */
import { type RegistrySnapshot, type ResourceSnapshot, type SpyglassEvent } from '@spyglass/agent/contract'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import type { Registry } from '@spyglass/agent/registry'
import { IncidentTracker } from './incident-tracker.ts'
import { Nodes } from './nodes.ts'
import { KEEPER, ResourceMerge, type View } from './resource-merge.ts'

export interface GatheringOptions {
  readonly registry: Registry
  /** Name of the process whose platform beans (`java.lang:*`) the registry shows, and no other's. */
  readonly platformNode: string
  readonly now?: () => number
}

interface Push {
  time: number
  readonly forget: () => void
}

export class Gathering {
  readonly nodes: Nodes
  readonly #registry: Registry
  readonly #platformNode: string
  readonly #now: () => number
  readonly #merge = new ResourceMerge()
  readonly #incidents: IncidentTracker
  readonly #pushes = new Map<string, Push>()

  constructor({ registry, platformNode, now = Date.now }: GatheringOptions) {
    this.#registry = registry
    this.#platformNode = platformNode
    this.#now = now
    this.nodes = new Nodes(now)
    this.#incidents = new IncidentTracker((event) => registry.relay(event), now)
  }

  pushed(source: string, snapshot: RegistrySnapshot, unready: readonly string[] = []): void {
    this.#note(source, snapshot.time)
    if (source !== KEEPER) this.nodes.push(source, snapshot)
    this.#adopt(this.#merge.push(source, snapshot, unready))
  }

  event(source: string, event: SpyglassEvent): void {
    this.#incidents.seen(source, event)
    this.#registry.relay(event)
    this.nodes.event(source, event)
  }

  /** Shows how old the last push of each process is. */
  #note(source: string, time: number): void {
    const known = this.#pushes.get(source)
    if (known) {
      known.time = time
      return
    }
    const getters = { process: () => source, time: () => push.time, age: () => Math.max(0, this.#now() - push.time) / 1000 }
    const push: Push = { time, forget: this.#registry.register(kinds.push, { process: source }, getters) }
    this.#pushes.set(source, push)
  }

  /** No process speaks for the source, or another one does from now on. */
  gone(source: string): void {
    this.#pushes.get(source)?.forget()
    this.#pushes.delete(source)
    this.nodes.gone(source)
    this.#adopt(this.#merge.gone(source))
    if (source !== KEEPER) this.#incidents.gone(source)
  }

  #adopt(views: ReadonlyMap<string, View>): void {
    for (const [source, view] of views) {
      if (source === KEEPER) this.nodes.view(view)
      const { time, resources, isPart = false } = view
      const shown = { time, resources: source === this.#platformNode ? resources : resources.filter(hasProcessInName) }
      if (isPart) this.#registry.update(source, shown)
      else this.#registry.adopt(source, shown)
    }
  }
}

/** The names of the platform's beans do not tell their process: of two with one name, one would stand for the other. */
function hasProcessInName({ kind }: ResourceSnapshot): boolean {
  return kindNamed(kind)?.domain.startsWith('java.') !== true
}
