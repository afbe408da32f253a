/**
 * The processes of the server as nodes of the MBean endpoint: one registry for each, with what that process pushed. A tool that is made for
 * one JVM is pointed at one of them (`/jolokia/node/http-1`).
 */
import { kindNamed, type RegistrySnapshot, type SpyglassEvent } from '@spyglass/agent/contract'
import { createRegistry, type Registry, STALE_AFTER_MS } from '@spyglass/agent/registry'

export class Nodes {
  readonly #nodes = new Map<string, Registry>()
  readonly #living = new Set<string>()

  /** The registry of this name, made at the first call. It outlives its process, so that a client finds it again after a restart. */
  of(name: string): Registry {
    let node = this.#nodes.get(name)
    if (!node) this.#nodes.set(name, (node = createRegistry({ kindNamed, staleAfterMs: STALE_AFTER_MS })))
    return node
  }

  push(name: string, snapshot: RegistrySnapshot): void {
    this.#living.add(name)
    this.of(name).adopt(name, snapshot)
  }

  event(name: string, event: SpyglassEvent): void {
    this.#nodes.get(name)?.relay(event)
  }

  gone(name: string): void {
    this.#living.delete(name)
    this.#nodes.get(name)?.adopt(name, { time: 0, resources: [] })
  }

  /** The registry of a process that lives. */
  find(name: string): Registry | undefined {
    return this.#living.has(name) ? this.#nodes.get(name) : undefined
  }
}
