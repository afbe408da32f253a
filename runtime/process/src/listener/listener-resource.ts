/** A listener as a resource, whatever it serves: applications, or a port of our own processes. */
import type { Registry } from '@spyglass/agent/registry'
import { kinds } from '@spyglass/mbeans/kinds'
import type { HttpListener } from './http-listener.ts'

export interface ShownAddress {
  readonly name: string
  readonly host: string
  readonly port: number
}

/** `process` is the one that serves it. Returns how to take it away. */
export function registerListener(
  registry: Registry,
  process: string,
  { name, host, port }: ShownAddress,
  listener: HttpListener,
): () => void {
  return registry.register(
    kinds.listener,
    { instance: process, name },
    {
      instance: () => process,
      name: () => name,
      host: () => host,
      port: () => port,
      protocol: () => (listener.isSecure ? 'https' : 'http'),
      certificateExpiresIn: () => listener.certificateExpiresIn,
      state: () => listener.state,
      connections: () => listener.counts.connections,
      accepted: () => listener.counts.accepted,
      requests: () => listener.counts.requests,
      bytesReceived: () => listener.counts.bytesReceived,
      bytesSent: () => listener.counts.bytesSent,
      refused: () => listener.counts.refused,
      timedOut: () => listener.counts.timedOut,
      malformed: () => listener.counts.malformed,
      overLimit: () => listener.counts.overLimit,
    },
  )
}
