/** Whether the server serves, and if not why: what `/ready` and `spyglass status` say. */
import { kinds } from '@spyglass/agent/contract'
import type { Bean, Registry } from '@spyglass/agent/registry'

export interface Readiness {
  readonly ready: boolean
  readonly reasons: readonly string[]
}

export function readinessOf(registry: Registry): Readiness {
  const instances = [...registry.beans()].filter(({ kind }) => kind.name === kinds.instance.name)
  const reasons = instances.length === 0 ? ['the keeper has not reported yet'] : instances.flatMap(reasonOf)
  return { ready: reasons.length === 0, reasons }
}

function reasonOf(instance: Bean): readonly string[] {
  const state = instance.read('state')
  if (state === 'ready') return []
  return [`instance ${instance.keys['name']} is ${typeof state === 'string' ? state : 'unknown'}`]
}
