/** What an instance process reports about itself: its half of `instance`. */
import { kinds } from '@spyglass/mbeans/kinds'
import { type Registry, sampled } from '@spyglass/agent/registry'
import type { Agent } from '@spyglass/agent'

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
      replacements: unknown,
      healthProblem: unknown,
      startProgress: unknown,
      lastFailureKind: unknown,
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
