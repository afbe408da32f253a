import os from 'node:os'
import { describe, expect, it } from 'vitest'
import {
  createCpuLoad,
  fileDescriptorLimit,
  swapSpace,
  threads,
  virtualMemory,
} from '../../../../agent/mbeans/src/platform/operating-system.ts'

describe('createCpuLoad', () => {
  it('knows nothing at the first sample, then compares with the one before', () => {
    const cores = os.availableParallelism()
    const samples = [
      { processUs: 0, takenAtUs: 0, busyMs: 0, totalMs: 0 },
      { processUs: 500_000 * cores, takenAtUs: 1_000_000, busyMs: 300, totalMs: 1000 },
      { processUs: 99_000_000, takenAtUs: 2_000_000, busyMs: 300, totalMs: 1000 },
    ]
    const load = createCpuLoad(() => samples.shift()!)
    expect(load()).toEqual({ process: undefined, system: undefined })
    expect(load()).toEqual({ process: 0.5, system: 0.3 })
    expect(load()).toEqual({ process: 1, system: undefined })
  })

  it('takes real samples by default', () => {
    const load = createCpuLoad()
    load()
    expect(load().process).toBeGreaterThanOrEqual(0)
  })
})

describe.runIf(process.platform === 'linux')('/proc', () => {
  it('reports the limit of descriptors, and threads', () => {
    expect(fileDescriptorLimit()).toBeGreaterThan(2)
    const { ids, daemon, helperCpuMs } = threads()!
    expect(ids.length).toBeGreaterThan(daemon)
    expect(ids).toContain(process.pid)
    expect(daemon).toBeGreaterThan(0)
    expect(helperCpuMs).toBeGreaterThanOrEqual(0)
    expect(helperCpuMs).toBeLessThan(performance.now() * os.availableParallelism())
  })

  it('reports virtual memory and swap space', () => {
    expect(virtualMemory()).toBeGreaterThan(process.memoryUsage.rss())
    const { total, free } = swapSpace()
    expect(total).toBeGreaterThanOrEqual(free!)
  })
})
