/** The resources that an instance process reports about itself: its half of `instance`, and its listeners. */
import type { ListenerConfig } from '@spyglass/process/config'
import { kinds } from '@spyglass/agent/contract'
import { type Registry, sampled } from '@spyglass/agent/registry'
import type { Agent } from '@spyglass/agent'
import type { HttpListener } from '../listener/http-listener.ts'

const unknown = (): undefined => undefined

/** The keeper knows the other half (state, generation, restarts); management lays the two together. */
export function registerInstance(registry: Registry, name: string, agent: Agent | undefined): void {
  const counters = sampled(200, () => agent?.requestCounters())
  const cpu = cpuShare()
  registry.register(
    kinds.instance,
    { name },
    {
      name: () => name,
      state: unknown,
      pid: unknown,
      generation: unknown,
      startTime: unknown,
      uptime: unknown,
      restarts: unknown,
      reloads: unknown,
      requests: () => counters()?.requests,
      errors: () => counters()?.errors,
      requestTime: () => counters()?.requestSeconds,
      activeRequests: () => counters()?.active,
      rss: () => process.memoryUsage.rss(),
      cpuTime: () => cpuSeconds(),
      cpuUtilization: cpu,
      requestDurationP95: () => counters()?.p95,
      lastSeen: unknown,
      listener: unknown,
      isolation: unknown,
      lastFailure: unknown,
    },
  )
}

export function registerListener(registry: Registry, instance: string, config: ListenerConfig, listener: HttpListener): void {
  registry.register(
    kinds.listener,
    { instance, name: config.name },
    {
      instance: () => instance,
      name: () => config.name,
      host: () => config.host,
      port: () => config.port,
      protocol: () => (config.tls.certificates.length > 0 ? 'https' : 'http'),
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

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Share of a core since the last reading, at most one reading in half a second. */
function cpuShare(now: () => number = performance.now.bind(performance)): () => number {
  let lastCpu = cpuSeconds()
  let lastTime = now()
  return sampled(
    500,
    () => {
      const cpu = cpuSeconds()
      const time = now()
      const share = time > lastTime ? (cpu - lastCpu) / ((time - lastTime) / 1000) : 0
      lastCpu = cpu
      lastTime = time
      return Math.max(0, share)
    },
    now,
  )
}
