/** Whether the server serves, and if not why: what `/ready` and `spyglass status` say. */
import { kinds } from '@spyglass/mbeans/kinds'
import type { Bean, Registry } from '@spyglass/agent/registry'

export interface Readiness {
  /** Whether requests are served: every listener has a ready instance, and nothing else keeps the server from its work. */
  readonly ready: boolean
  /** `degraded`: ready, but one of several instances of a listener is not. */
  readonly state: 'ready' | 'degraded' | 'not ready'
  /** Everything that is wrong, whether or not it keeps the server from being ready. */
  readonly reasons: readonly string[]
}

/** `disk` is what is wrong with the disk of the data folder. */
export function readinessOf(registry: Registry, disk: () => readonly string[] = () => []): Readiness {
  const beans = [...registry.beans()]
  const instances = beans.filter(({ kind }) => kind.name === kinds.instance.name)
  const parts = beans.find(({ kind }) => kind.name === kinds.server.name)?.read('notReady')
  const reported = Array.isArray(parts) ? parts.map(String) : ['the keeper has not reported yet']
  const obstacles = [...unservedListeners(instances), ...reported, ...disk()]
  const reasons = [...instances.flatMap(reasonOf), ...obstacles]
  const ready = obstacles.length === 0
  return { ready, state: ready ? (reasons.length === 0 ? 'ready' : 'degraded') : 'not ready', reasons }
}

/** The instances of a worker have no listener. */
function unservedListeners(instances: readonly Bean[]): readonly string[] {
  const served = new Map<string, boolean>()
  for (const instance of instances) {
    const name = instance.read('listener')
    if (name === '') continue // a worker
    const listener = typeof name === 'string' ? name : 'unknown'
    if (listener === '') continue
    served.set(listener, isReady(instance) || served.get(listener) === true)
  }
  return [...served].flatMap(([listener, isServed]) => (isServed ? [] : [`listener ${listener} has no ready instance`]))
}

function reasonOf(instance: Bean): readonly string[] {
  if (isReady(instance)) return []
  const state = instance.read('state')
  return [`instance ${instance.keys['name']} is ${typeof state === 'string' ? state : 'unknown'}`]
}

const isReady = (instance: Bean): boolean => instance.read('state') === 'ready'
