/** Whether the server serves, and if not why: what `/ready` and `spyglass status` say. */
import { kinds } from '@spyglass/agent/contract'
import type { Bean, Registry } from '@spyglass/agent/registry'

export interface Readiness {
  readonly ready: boolean
  readonly reasons: readonly string[]
}

/** `disk` is what is wrong with the disk of the data folder. */
export function readinessOf(registry: Registry, disk: () => readonly string[] = () => []): Readiness {
  const beans = [...registry.beans()]
  const instances = beans.filter(({ kind }) => kind.name === kinds.instance.name)
  const parts = beans.find(({ kind }) => kind.name === kinds.server.name)?.read('notReady')
  const reported = Array.isArray(parts) ? parts.map(String) : ['the keeper has not reported yet']
  const reasons = [...instances.flatMap(reasonOf), ...reported, ...disk()]
  return { ready: reasons.length === 0, reasons }
}

function reasonOf(instance: Bean): readonly string[] {
  const state = instance.read('state')
  if (state === 'ready') return []
  return [`instance ${instance.keys['name']} is ${typeof state === 'string' ? state : 'unknown'}`]
}
