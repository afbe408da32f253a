/** Which ports our own processes bind, by what runs here. */
import { ownPort, ownPorts, type SpyglassConfig } from '@spyglass/process/checked-config'
import type { ListenerSpec } from '@spyglass/process/listen-failure'

/** `all`: everything; `edge`: server, management and bridge, with a collector elsewhere. */
export type Role = 'all' | 'edge'

export function portsOf(config: SpyglassConfig, role: Role): readonly ListenerSpec[] {
  const ports = role === 'edge' ? [ownPort(config, 'management')] : ownPorts(config)
  return ports.flatMap(({ name, addresses }) => addresses.map((address) => ({ name, ...address })))
}
