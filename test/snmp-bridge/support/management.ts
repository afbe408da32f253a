/** The real MBean endpoint over a real registry, on a free port, with a few resources whose values the test sets. */
import Fastify, { type FastifyInstance } from 'fastify'
import { nextPosition, type ResourceKind, type SpyglassEvent } from '@spyglass/agent/contract'
import { kindNamed, kinds } from '@spyglass/mbeans/kinds'
import { type EventFeed, jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { createRegistry, type Registry } from '@spyglass/agent/registry'

export interface Management {
  readonly registry: Registry
  /** What it has told. */
  readonly events: readonly Remembered[]
  readonly port: number
  readonly url: string
  close(): Promise<void>
}

/** Its events can be read from any position, as those of a server. */
export async function startManagement(port = 0): Promise<Management> {
  const registry = createRegistry({ kindNamed })
  const events: Remembered[] = []
  const app: FastifyInstance = Fastify({ forceCloseConnections: true })
  await app.register(jolokiaPlugin, { registry, agentId: 'test', version: '0.1.0', feed: feedOf(registry, events) })
  await app.listen({ host: '127.0.0.1', port })
  const address = app.server.address()
  const bound = typeof address === 'object' && address ? address.port : 0
  return { registry, events, port: bound, url: `http://127.0.0.1:${bound}/jolokia`, close: () => app.close() }
}

interface Remembered {
  readonly event: SpyglassEvent
  readonly position: number
}

function feedOf(registry: Registry, events: Remembered[]): EventFeed {
  registry.onEvent((event) => events.push({ event, position: nextPosition(events.at(-1)?.position ?? 0, Date.now()) }))
  return {
    onEvent: (listener) => registry.onEvent((event) => listener(event, events.at(-1)?.position ?? 0)),
    after: (position, limit) => events.filter((one) => one.position > position).slice(0, limit),
  }
}

type Values = Readonly<Record<string, number | string | boolean>>

/** Registers a resource of which only `values` are known. */
export function register(registry: Registry, kind: ResourceKind, keys: Readonly<Record<string, string>>, values: Values = {}): () => void {
  const known: Values = { ...keys, ...values }
  const getters = Object.fromEntries(Object.keys(kind.attributes).map((attribute) => [attribute, () => known[attribute]]))
  return registry.register(kind, keys, getters)
}

export function registerShop(registry: Registry): void {
  register(registry, kinds.instance, { name: 'http-1' }, { state: 'ready', pid: 4711, uptime: 5_000_000_000, cpuTime: 1.5, requests: 12 })
  register(registry, kinds.listener, { instance: 'http-1', name: 'http' }, { port: 8080, state: 'open', host: '127.0.0.1' })
  register(
    registry,
    kinds.datasource,
    { instance: 'http-1', name: 'shop' },
    { state: 'exhausted', maxConnections: 8, activeConnections: 8, waitP95: 0.25, lastErrorTime: 1_764_000_000_000, lastError: '连接池' },
  )
}
