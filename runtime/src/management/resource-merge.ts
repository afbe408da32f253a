/**
 * Of an instance the keeper knows one half (state, pid, generation) and its process the other (requests, memory). Both push a resource
 * of the same name; here the halves are laid together before the registry sees them.
 */
import { isDeepStrictEqual } from 'node:util'
import type { RegistrySnapshot, ResourceSnapshot } from '@spyglass/agent/contract'

export const KEEPER = 'keeper'

export interface View extends RegistrySnapshot {
  /** Only what has changed of the source: everything else of it stays. */
  readonly isPart?: boolean
}

export class ResourceMerge {
  readonly #pushed = new Map<string, RegistrySnapshot>()
  /** What keeps processes from serving fully, though they run. */
  readonly #unready = new Map<string, readonly string[]>()

  /**
   * Processes a push and returns every source whose merged view it changes. Of the keeper's, a push of another process changes what is about that
   * process: to do all of it again for each would cost the square of the number of processes every second.
   */
  push(source: string, snapshot: RegistrySnapshot, unready: readonly string[] = []): ReadonlyMap<string, View> {
    const isSaidAgain = isDeepStrictEqual(this.#unready.get(source) ?? [], unready)
    this.#pushed.set(source, snapshot)
    this.#unready.set(source, unready)
    if (source === KEEPER) return new Map([[KEEPER, this.#keeperView()]])
    return new Map<string, View>([
      [KEEPER, this.#viewAfter(source, !isSaidAgain)],
      [source, { time: snapshot.time, resources: snapshot.resources.filter(isWhole) }],
    ])
  }

  /** Forgets a source; its half of an instance is then unknown. */
  gone(source: string): ReadonlyMap<string, View> {
    const time = this.#pushed.get(source)?.time ?? 0
    this.#pushed.delete(source)
    this.#unready.delete(source)
    return new Map([
      [KEEPER, this.#keeperView()],
      [source, { time, resources: [] }],
    ])
  }

  #keeperView(isWanted: (resource: ResourceSnapshot) => boolean = () => true): View {
    const { time, resources } = this.#pushed.get(KEEPER) ?? { time: 0, resources: [] }
    const shown = resources.filter((resource) => isWanted(resource) && !this.#isShownByItself(resource))
    return { time, resources: shown.map((resource) => this.#complete(resource)) }
  }

  /** What a push of the source changes in the keeper's view. An application that it shows by itself from now on goes from there. */
  #viewAfter(source: string, changesReasons: boolean): View {
    const { resources = [] } = this.#pushed.get(KEEPER) ?? {}
    if (resources.some(({ kind, keys }) => kind === 'application' && keys['instance'] === source)) return this.#keeperView()
    const part = this.#keeperView(({ kind, keys }) => (kind === 'server' ? changesReasons : kind === 'instance' && keys['name'] === source))
    return { ...part, isPart: true }
  }

  /** The keeper shows applications whose process does not run; the two overlap for a moment. */
  #isShownByItself({ kind, keys }: ResourceSnapshot): boolean {
    if (kind !== 'application') return false
    const own = this.#pushed.get(keys['instance'] ?? '')
    return own?.resources.some((other) => other.kind === kind && other.keys['name'] === keys['name']) ?? false
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
