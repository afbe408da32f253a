/** What one process suffers, from one window to the next: how late its event loop is and how busy. */
import { performance } from 'node:perf_hooks'

/** How much the loop has done since the last call, 0 to 1. */
export type Utilization = () => number

/** Each call looks at the time since the one before. */
export function loopUtilization(): Utilization {
  let before = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    return utilization
  }
}

/** A sum of samples. */
export class Mean {
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    this.#count++
  }

  /** The mean since the last call; 0 without samples. */
  take(): number {
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count
    this.#sum = this.#count = 0
    return mean
  }
}
