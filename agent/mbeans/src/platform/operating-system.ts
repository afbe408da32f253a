/** What the operating system tells of the process. /proc exists on Linux only; elsewhere the answer is undefined. */
import fs from 'node:fs'
import os from 'node:os'
import process from 'node:process'

export interface CpuLoad {
  /** Share of all processors, 0 to 1; -1 before the second sample. */
  readonly process: number
  readonly system: number
}

interface CpuSample {
  readonly processUs: number
  readonly takenAtUs: number
  readonly busyMs: number
  readonly totalMs: number
}

/** Makes the sampler of CPU load: each call compares with the one before. */
export function createCpuLoad(takeSample: () => CpuSample = sampleCpu): () => CpuLoad {
  let before: CpuSample | undefined
  return () => {
    const now = takeSample()
    const earlier = before
    before = now
    if (!earlier) return { process: -1, system: -1 }
    const available = (now.takenAtUs - earlier.takenAtUs) * os.availableParallelism()
    return {
      process: share(now.processUs - earlier.processUs, available),
      system: share(now.busyMs - earlier.busyMs, now.totalMs - earlier.totalMs),
    }
  }
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0
}

function sampleCpu(): CpuSample {
  const { user, system } = process.cpuUsage()
  let busyMs = 0
  let totalMs = 0
  for (const { times } of os.cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq
    busyMs += all - times.idle
    totalMs += all
  }
  return { processUs: user + system, takenAtUs: performance.now() * 1000, busyMs, totalMs }
}

/** Open file descriptors of the process; the one that lists them is not counted. */
export function openFileDescriptors(): number | undefined {
  const entries = onLinux(() => fs.readdirSync('/proc/self/fd'))
  return entries && entries.length - 1
}

/** Soft limit of open file descriptors; undefined when there is none. */
export function fileDescriptorLimit(): number | undefined {
  const limits = onLinux(() => fs.readFileSync('/proc/self/limits', 'utf8'))
  const soft = limits?.match(/^Max open files\s+(\d+)/m)?.[1]
  return soft === undefined ? undefined : Number(soft)
}

/** Names that Node.js, V8 and libuv give to threads that run JavaScript; all others are helpers. */
const JAVASCRIPT_THREADS = new Set(['MainThread', 'WorkerThread', 'node'])

/** Threads of the process, and how many of them run no JavaScript. */
export function threads(): { readonly all: number; readonly daemon: number } | undefined {
  const names = onLinux(() => fs.readdirSync('/proc/self/task').map((task) => threadName(task)))
  return names && { all: names.length, daemon: names.filter((name) => !JAVASCRIPT_THREADS.has(name)).length }
}

/** A thread may end between the listing and the reading. */
function threadName(task: string): string {
  return onLinux(() => fs.readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim()) ?? ''
}

function onLinux<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined // no /proc here: the attribute is then unknown, which is what its description says
  }
}
