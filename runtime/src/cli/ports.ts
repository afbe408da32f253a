/** Which ports our own processes bind, by what runs here. */
import type { ListenerSpec } from '@spyglass/process/http-server'
import type { SpyglassConfig } from '@spyglass/process/checked-config'

/** `all`: everything; `edge`: server, management and bridge, with a collector elsewhere. */
export type Role = 'all' | 'edge'

export function portsOf(config: SpyglassConfig, role: Role): readonly ListenerSpec[] {
  const { management, collector, store } = config
  const own = [{ name: 'management.port', ...management }]
  if (role === 'edge') return own
  return [
    ...own,
    { name: 'collector.otlpHttpPort', host: collector.host, port: collector.otlpHttpPort },
    { name: 'store.port', host: store.host, port: store.port },
    { name: 'console.port', host: config.console.host, port: config.console.port },
  ]
}
