/** How many workers of a pool are used: one more while tasks wait and the machine has CPU left, one fewer while some are idle. */
import os from 'node:os'

export interface SizeInput {
  readonly size: number
  readonly min: number
  readonly max: number
  /** Tasks that wait. */
  readonly waiting: number
  /** Most tasks that ran at once since the last time. */
  readonly mostRunning: number
  /** Share of the machine's CPU that was idle since the last time. */
  readonly idleCpu: number
}

/** With less the next worker would only take time from the others. */
const MIN_IDLE_CPU = 0.1

export function nextSize({ size, min, max, waiting, mostRunning, idleCpu }: SizeInput): number {
  const within = (next: number): number => Math.max(min, Math.min(max, next))
  if (waiting > 0 && idleCpu >= MIN_IDLE_CPU) return within(size + 1)
  return waiting === 0 && mostRunning < size ? within(size - 1) : within(size)
}

interface CpuTimes {
  readonly idle: number
  readonly total: number
}

export function cpuTimes(cpus: readonly Pick<os.CpuInfo, 'times'>[] = os.cpus()): CpuTimes {
  let [idle, total] = [0, 0]
  for (const { times } of cpus) {
    idle += times.idle
    total += times.user + times.nice + times.sys + times.irq + times.idle
  }
  return { idle, total }
}

/** Between two readings; 1 where nothing can be said. */
export const idleShare = (before: CpuTimes, after: CpuTimes): number =>
  after.total > before.total ? (after.idle - before.idle) / (after.total - before.total) : 1
