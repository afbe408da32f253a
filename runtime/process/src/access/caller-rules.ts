/** Which callers our endpoints welcome, by the configuration. */
import type { CallerRules } from '@spyglass/agent/contract'
import type { SpyglassConfig } from '../config/schema.ts'

/** The names under which people reach this server: those of its listeners, of the console's public address, and what is set beside them. */
export function callerRules({ server, management, collector, store, console: { host, publicUrl } }: SpyglassConfig): CallerRules {
  const publicName = publicUrl === undefined ? [] : [new URL(publicUrl).hostname]
  return { hostNames: [...server.hostNames, management.host, collector.host, store.host, host, ...publicName] }
}
