/** Open incidents as managed resources. */
import type { Registry } from '@spyglass/agent/registry'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Incident } from './incident.ts'

export interface AlertBeansOptions {
  readonly find: (id: string) => Incident | undefined
  readonly isSilenced: (incident: Incident) => boolean
}

export class AlertBeans {
  readonly #registry: Registry
  readonly #options: AlertBeansOptions
  readonly #registered = new Map<string, () => void>()

  constructor(registry: Registry, options: AlertBeansOptions) {
    this.#registry = registry
    this.#options = options
  }

  register(incident: Incident): void {
    const { id, rule } = incident
    if (this.#registered.has(id)) return
    const { find, isSilenced } = this.#options
    const present = (): Incident => find(id) ?? incident
    const unregister = this.#registry.register(
      kinds.alert,
      { rule, incident: id },
      {
        rule: () => rule,
        incident: () => id,
        state: () => present().state,
        severity: () => present().severity,
        resource: () => present().resource,
        since: () => present().since,
        acknowledgedBy: () => present().acknowledged?.by,
        silenced: () => isSilenced(present()),
        summary: () => present().summary,
      },
    )
    this.#registered.set(id, unregister)
  }

  unregister({ id }: Pick<Incident, 'id'>): void {
    this.#registered.get(id)?.()
    this.#registered.delete(id)
  }
}
