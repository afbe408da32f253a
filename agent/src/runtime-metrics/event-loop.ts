/** The event loop of this process as a resource. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { eventLoop } from '../contract/kinds/event-loop.ts'
import type { Registry } from '../registry/registry.ts'
import { sampled } from '../registry/sampled.ts'

/** Each sample wakes the process. A stall that is longer is seen always, because the sample comes late; a shorter one by chance. */
const RESOLUTION_MS = 50
const INTERVAL_MS = 5000

interface LoopSample {
  readonly utilization: number
  readonly activeMs: number
  readonly idleMs: number
  readonly min: number
  readonly mean: number
  readonly stddev: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** In seconds, and as a share. */
export type HighestOfLoop = Readonly<Record<'delayMax' | 'utilization', number>>

/** What the exporter asks of the event loop. */
export interface EventLoopDelays {
  /** The highest values since the last call, by attribute: every stall is in exactly one answer, however often the resource is read in between. */
  takeHighest(): HighestOfLoop
}

/**
 * Registers the event loop under the process's name. Values are over the time between two samples, at least five seconds. `resolutionMs` is how often the
 * loop is looked at: every 50 ms costs 0.05 % of a core.
 */
export function registerEventLoop(registry: Registry, processName: string, resolutionMs = RESOLUTION_MS): EventLoopDelays {
  const late = latenessBy(resolutionMs)
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  let highest: HighestOfLoop = { delayMax: 0, utilization: 0 }
  let before = performance.eventLoopUtilization()
  const sample = sampled<LoopSample>(INTERVAL_MS, () => {
    const after = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(after, before)
    const result = {
      utilization,
      activeMs: after.active,
      idleMs: after.idle,
      min: late(delays.min),
      mean: late(delays.mean),
      stddev: Number.isFinite(delays.stddev) ? delays.stddev / 1e9 : 0,
      p50: late(delays.percentile(50)),
      p90: late(delays.percentile(90)),
      p99: late(delays.percentile(99)),
      max: late(delays.max),
    }
    before = after
    delays.reset()
    highest = { delayMax: Math.max(highest.delayMax, result.max), utilization: Math.max(highest.utilization, utilization) }
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
      delayMin: () => sample().min,
      delayMean: () => sample().mean,
      delayStddev: () => sample().stddev,
      delayP90: () => sample().p90,
      activeTime: () => sample().activeMs / 1000,
      idleTime: () => sample().idleMs / 1000,
    },
  )
  return {
    takeHighest() {
      const { utilization } = sample()
      const taken = highest
      highest = { delayMax: 0, utilization: 0 }
      // Between two samples there is nothing new: a loop that was busy is not idle.
      return { ...taken, utilization: taken.utilization || utilization }
    },
  }
}

/** Node reports the time between two samples in nanoseconds; the loop was late by what exceeds the resolution. */
function latenessBy(resolutionMs: number): (nanoseconds: number) => number {
  return (nanoseconds) =>
    Number.isFinite(nanoseconds) && nanoseconds < Number.MAX_SAFE_INTEGER ? Math.max(0, nanoseconds / 1e6 - resolutionMs) / 1000 : 0
}
