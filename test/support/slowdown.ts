const CPU_MS = 200

/** How many times longer work takes than on an idle machine: 1 when nobody else wants the processor. Takes 200 ms of CPU time to find out. */
export function slowdown(): number {
  const begun = performance.now()
  const cpu = process.threadCpuUsage()
  for (let usedMs = 0; usedMs < CPU_MS;) {
    const { user, system } = process.threadCpuUsage(cpu)
    usedMs = (user + system) / 1000
  }
  return Math.max(1, (performance.now() - begun) / CPU_MS)
}

/** A limit that work meets on an idle machine in `ms`, for the machine as it is now. */
export const paced = (ms: number): number => Math.ceil(ms * slowdown())
