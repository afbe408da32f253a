/** What management answers on the administration socket. */
import type { Registry } from '@spyglass/agent/registry'
import type { AdminMethod } from '../admin-socket/index.ts'
import { namesWithPrefix, readAttributes } from './attributes.ts'

export interface LocalMethodsOptions {
  readonly registry: Registry
  /** Reloads an instance, or all of them for an empty name. */
  readonly reload: (target: string) => Promise<string>
}

export function localMethods({ registry, reload }: LocalMethodsOptions): Readonly<Record<string, AdminMethod>> {
  return {
    /** `{patterns}` → resources with their matching attributes. */
    read: async ({ patterns }) => readAttributes(registry, Array.isArray(patterns) ? patterns.map(String) : ['*']),
    /** `{prefix}` → names for completion. */
    names: async ({ prefix }) => namesWithPrefix(registry, typeof prefix === 'string' ? prefix : ''),
    /** `{instance}` → what was done. */
    reload: async ({ instance }) => reload(typeof instance === 'string' ? instance : ''),
  }
}
