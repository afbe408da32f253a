/**
 * The processes of the server as nodes of the MBean endpoint: one registry for each, with what that process pushed and what the keeper knows
 * about it. A tool that is made for one JVM is pointed at one of them (`/jolokia/node/http-1`).
 */
import { type RegistrySnapshot, type SpyglassEvent } from '@spyglass/agent/contract'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import { createRegistry, type Registry, STALE_AFTER_MS } from '@spyglass/agent/registry'
import { isWhole, KEEPER, type View } from './resource-merge.ts'

export class Nodes {
  readonly #nodes = new Map<string, Registry>()
  readonly #living = new Set<string>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The registry of this name, made at the first call. It outlives its process, so that a client finds it again after a restart. */
  of(name: string): Registry {
    let node = this.#nodes.get(name)
    if (!node) this.#nodes.set(name, (node = createRegistry({ kindNamed, staleAfterMs: STALE_AFTER_MS, now: this.#now })))
    return node
  }

  push(name: string, { time, resources }: RegistrySnapshot): void {
    this.#living.add(name)
    this.of(name).adopt(name, { time, resources: resources.filter(isWhole) })
  }

  /** Shows each node its instance as the keeper's view has it, and the server. */
  view({ time, resources, isPart = false }: View): void {
    const server = resources.filter(({ kind }) => kind === kinds.server.name)
    const instances = new Map(
      resources.flatMap((one) => (one.kind === kinds.instance.name ? [[one.keys['name'] ?? '', one] as const] : [])),
    )
    for (const name of isPart && server.length === 0 ? instances.keys() : this.#living) {
      if (!this.#living.has(name)) continue
      const instance = instances.get(name)
      const known = { time, resources: instance ? [...server, instance] : server }
      if (isPart) this.of(name).update(KEEPER, known)
      else this.of(name).adopt(KEEPER, known)
    }
  }

  event(name: string, event: SpyglassEvent): void {
    this.#nodes.get(name)?.relay(event)
  }

  gone(name: string): void {
    this.#living.delete(name)
    for (const source of [name, KEEPER]) this.#nodes.get(name)?.adopt(source, { time: 0, resources: [] })
  }

  /** The registry of a process that lives. */
  find(name: string): Registry | undefined {
    return this.#living.has(name) ? this.#nodes.get(name) : undefined
  }
}
