/** Which callers our endpoints welcome, by the configuration. */
import type { CallerRules } from '@spyglass/agent/contract'
import type { SpyglassConfig } from '../config/schema.ts'

/** The names this server is reached by: those of its listeners, of the console's public URL, and the configured ones. */
export function callerRules({ server, management, collector, store, console: { host, publicUrl } }: SpyglassConfig): CallerRules {
  const publicName = publicUrl === undefined ? [] : [new URL(publicUrl).hostname]
  return { hostNames: [...server.hostNames, management.host, collector.host, store.host, host, ...publicName] }
}
