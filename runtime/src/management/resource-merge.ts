/**
 * Of an instance the keeper knows one half (state, pid, generation) and its process the other (requests, memory). Both push a resource
 * of the same name; here the halves are laid together before the registry sees them.
 */
import type { RegistrySnapshot, ResourceSnapshot } from '@spyglass/agent/contract'

export const KEEPER = 'keeper'

export class ResourceMerge {
  readonly #pushed = new Map<string, RegistrySnapshot>()
  /** What keeps processes from serving fully, though they run. */
  readonly #unready = new Map<string, readonly string[]>()

  /** Processes a push and returns every source whose merged view it changes. */
  push(source: string, snapshot: RegistrySnapshot, unready: readonly string[] = []): ReadonlyMap<string, RegistrySnapshot> {
    this.#pushed.set(source, snapshot)
    this.#unready.set(source, unready)
    return new Map([
      [KEEPER, this.#keeperView()],
      ...(source === KEEPER ? [] : ([[source, { time: snapshot.time, resources: snapshot.resources.filter(isWhole) }]] as const)),
    ])
  }

  /** Forgets a source; its half of an instance is then unknown. */
  gone(source: string): ReadonlyMap<string, RegistrySnapshot> {
    const time = this.#pushed.get(source)?.time ?? 0
    this.#pushed.delete(source)
    this.#unready.delete(source)
    return new Map([
      [KEEPER, this.#keeperView()],
      [source, { time, resources: [] }],
    ])
  }

  #keeperView(): RegistrySnapshot {
    const keeper = this.#pushed.get(KEEPER)
    if (!keeper) return { time: 0, resources: [] }
    return { time: keeper.time, resources: keeper.resources.map((resource) => this.#complete(resource)) }
  }

  #complete(resource: ResourceSnapshot): ResourceSnapshot {
    if (resource.kind === 'server') return this.#withReasons(resource)
    return isWhole(resource) ? resource : this.#whole(resource)
  }

  /** To the processes that do not run come the problems of those that do. */
  #withReasons(server: ResourceSnapshot): ResourceSnapshot {
    const { notReady } = server.values
    const reasons = [...this.#unready].flatMap(([source, texts]) => texts.map((text) => `${source}: ${text}`))
    return { ...server, values: { ...server.values, notReady: [...(Array.isArray(notReady) ? notReady : []), ...reasons] } }
  }

  #whole(half: ResourceSnapshot): ResourceSnapshot {
    const report = this.#pushed.get(half.keys['name'] ?? '')
    const other = report?.resources.find(({ kind }) => kind === 'instance')
    if (!report || !other) return half
    const values = { ...other.values, ...half.values, lastSeen: report.time }
    const silentMs = (this.#pushed.get(KEEPER)?.time ?? 0) - report.time
    return half.values['state'] === 'ready' && silentMs > 0
      ? { ...half, time: report.time, values: asOf(values, silentMs) }
      : { ...half, values }
  }
}

/** What the keeper counts is as old as the rest: the uptime of a process that has fallen silent does not grow. */
function asOf(values: ResourceSnapshot['values'], silentMs: number): ResourceSnapshot['values'] {
  const { uptime } = values
  return typeof uptime === 'number' ? { ...values, uptime: Math.max(0, uptime - silentMs) } : values
}

/** Whether a push has all of the resource: of an instance it has one half. */
export const isWhole = (resource: ResourceSnapshot): boolean => resource.kind !== 'instance'
