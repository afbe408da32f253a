/** What management answers over its local socket. */
import type { Registry } from '@spyglass/agent/registry'
import type { AdminMethod } from '@spyglass/process/admin-socket'
import { namesWithPrefix, readAttributes } from './attributes.ts'

export function localMethods(registry: Registry): Readonly<Record<string, AdminMethod>> {
  return {
    /** `{patterns}` → resources with their matching attributes. */
    read: async ({ patterns }) => readAttributes(registry, Array.isArray(patterns) ? patterns.map(String) : ['*']),
    /** `{prefix}` → names for completion. */
    names: async ({ prefix }) => namesWithPrefix(registry, typeof prefix === 'string' ? prefix : ''),
  }
}
