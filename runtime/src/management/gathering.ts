/** Applies what processes send: their pushes to the registry, their events to the journal. */
import { type RegistrySnapshot, type ResourceSnapshot, type SpyglassEvent } from '@spyglass/agent/contract'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import type { Registry } from '@spyglass/agent/registry'
import { clearOf, endsWithItsProcess } from './cleared-incidents.ts'
import type { EventJournal, EventOrigin } from './journal/event-journal.ts'
import { Nodes } from './nodes.ts'
import { KEEPER, ResourceMerge, type View } from './resource-merge.ts'

export interface GatheringOptions {
  readonly registry: Registry
  readonly journal: EventJournal
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
  readonly #journal: EventJournal
  readonly #platformNode: string
  readonly #now: () => number
  readonly #merge = new ResourceMerge()
  readonly #pushes = new Map<string, Push>()

  constructor({ registry, journal, platformNode, now = Date.now }: GatheringOptions) {
    this.#registry = registry
    this.#journal = journal
    this.#platformNode = platformNode
    this.#now = now
    this.nodes = new Nodes(now)
    journal.onEntry(({ source, event }) => this.nodes.event(source, event))
  }

  pushed(source: string, snapshot: RegistrySnapshot, unready: readonly string[] = []): void {
    this.#note(source, snapshot.time)
    if (source !== KEEPER) this.nodes.push(source, snapshot)
    this.#adopt(this.#merge.push(source, snapshot, unready))
  }

  /** `kept` is called when the event is on the disk. */
  event(event: SpyglassEvent, origin: EventOrigin, kept?: () => void): void {
    this.#journal.take(event, origin, kept)
  }

  /** Of what is open, only this is true: what these processes have raised, and these incidents of the keeper. */
  onlyThese(serving: ReadonlySet<string>, ofKeeper: ReadonlySet<string>): void {
    for (const { source, event } of this.#journal.open) {
      if (source === KEEPER ? !ofKeeper.has(event.incidentId) : !serving.has(source)) this.#end(source, event)
    }
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
    if (source === KEEPER) return
    for (const { source: raisedBy, event } of this.#journal.open) if (raisedBy === source) this.#end(source, event)
  }

  #end(source: string, event: SpyglassEvent): void {
    const clear = clearOf(event, `${source} exited: its open incidents are cleared`, this.#now())
    if (clear && endsWithItsProcess(event)) this.#journal.take(clear, { source })
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
