/** How late the event loop was since the last look, and how much of that time the process could have run and waited for a processor. */
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** Coarse, since each sample wakes the process; a stall is seen whatever the resolution, because the sample comes late. */
const RESOLUTION_MS = 50

export interface LoopSample {
  /** 99th percentile in milliseconds. */
  readonly delayMs: number
  /** Share of the time in which the main thread waited for a processor; 0 where the kernel keeps no such figure. */
  readonly starved: number
}

/** Each call looks at the time since the one before. */
export function loopDelay(): () => LoopSample {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let [lastAt, lastWait] = [performance.now(), waitMs()]
  return () => {
    const [at, wait] = [performance.now(), waitMs()]
    const delayMs = delays.count === 0 ? 0 : Math.max(0, delays.percentile(99) / 1e6 - RESOLUTION_MS)
    const starved = at > lastAt ? (wait - lastWait) / (at - lastAt) : 0
    delays.reset()
    ;[lastAt, lastWait] = [at, wait]
    return { delayMs, starved }
  }
}

/** The second number of schedstat: nanoseconds in which the thread was runnable and waited (Documentation/scheduler/sched-stats). */
function waitMs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[1] ?? 0) / 1e6
  } catch {
    return 0 // not Linux
  }
}
