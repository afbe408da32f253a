/** The event loop of this process as a resource. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { eventLoop } from '../contract/kinds/event-loop.ts'
import type { Registry } from '../registry/registry.ts'
import { sampled } from '../registry/sampled.ts'

/** Coarse, since each sample wakes the process; a stall is seen whatever the resolution, because the sample comes late. */
const RESOLUTION_MS = 50
const INTERVAL_MS = 5000

interface LoopSample {
  readonly utilization: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Registers the event loop under the process's name. Values are over the time between two samples, at least five seconds. */
export function registerEventLoop(registry: Registry, processName: string): void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let before = performance.eventLoopUtilization()
  const sample = sampled<LoopSample>(INTERVAL_MS, () => {
    const after = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(after, before)
    const result = { utilization, p50: late(delays.percentile(50)), p99: late(delays.percentile(99)), max: late(delays.max) }
    before = after
    delays.reset()
    return result
  })
  registry.register(
    eventLoop,
    { process: processName },
    {
      process: () => processName,
      utilization: () => sample().utilization,
      delayP50: () => sample().p50,
      delayP99: () => sample().p99,
      delayMax: () => sample().max,
    },
  )
}

/** Node reports the time between two samples in nanoseconds; the loop was late by what exceeds the resolution. */
function late(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) && nanoseconds < Number.MAX_SAFE_INTEGER ? Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1000 : 0
}
