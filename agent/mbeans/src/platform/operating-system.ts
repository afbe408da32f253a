/** What the operating system reports about the process. /proc exists only on Linux; elsewhere the result is undefined. */
import fs from 'node:fs'
import os from 'node:os'
import process from 'node:process'

export interface CpuLoad {
  /** Share of all processors, 0 to 1; undefined before the second sample. */
  readonly process: number | undefined
  readonly system: number | undefined
}

interface CpuSample {
  readonly processUs: number
  readonly takenAtUs: number
  readonly busyMs: number
  readonly totalMs: number
}

/** Creates a CPU load sampler: each call measures since the previous one. */
export function createCpuLoad(takeSample: () => CpuSample = sampleCpu): () => CpuLoad {
  let before: CpuSample | undefined
  return () => {
    const now = takeSample()
    const earlier = before
    before = now
    if (!earlier) return { process: undefined, system: undefined }
    const available = (now.takenAtUs - earlier.takenAtUs) * os.availableParallelism()
    return {
      process: share(now.processUs - earlier.processUs, available),
      system: share(now.busyMs - earlier.busyMs, now.totalMs - earlier.totalMs),
    }
  }
}

function share(part: number, whole: number): number | undefined {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : undefined
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

/** Soft limit of open file descriptors; undefined when there is none. */
export function fileDescriptorLimit(): number | undefined {
  const limits = onLinux(() => fs.readFileSync('/proc/self/limits', 'utf8'))
  const soft = limits?.match(/^Max open files\s+(\d+)/m)?.[1]
  return soft === undefined ? undefined : Number(soft)
}

/** Names that Node.js, V8 and libuv give to threads that run JavaScript; all others are helpers. */
const JAVASCRIPT_THREADS = new Set(['MainThread', 'WorkerThread', 'node'])
/** Name of the helpers that compile and collect garbage. */
const V8_HELPER = 'V8Worker'
/** Linux counts CPU time for user space in hundredths of a second, whatever its own tick (USER_HZ, `man 5 proc`). */
const MS_PER_TICK = 10

export interface Threads {
  readonly ids: readonly number[]
  /** Threads that run no JavaScript. */
  readonly daemon: number
  /** CPU time of V8's helpers. */
  readonly helperCpuMs: number
}

/** Threads of the process. */
export function threads(): Threads | undefined {
  const found = onLinux(() => fs.readdirSync('/proc/self/task').flatMap((id) => threadOf(Number(id)) ?? []))
  return (
    found && {
      ids: found.map(({ id }) => id),
      daemon: found.filter(({ name }) => !JAVASCRIPT_THREADS.has(name)).length,
      helperCpuMs: found.reduce((sum, { name, cpuMs }) => sum + (name === V8_HELPER ? cpuMs : 0), 0),
    }
  )
}

interface Thread {
  readonly id: number
  readonly name: string
  readonly cpuMs: number
}

/** Name, and the 14th and 15th field of the line: user and system time. A thread may end after it was listed. */
function threadOf(id: number): Thread | undefined {
  const line = onLinux(() => fs.readFileSync(`/proc/self/task/${id}/stat`, 'utf8'))
  if (line === undefined) return undefined
  const end = line.lastIndexOf(')')
  const fields = line.slice(end + 2).split(' ')
  return { id, name: line.slice(line.indexOf('(') + 1, end), cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK }
}

/** Virtual memory of the process, in bytes. */
export function virtualMemory(): number | undefined {
  return kibibytes('/proc/self/status', 'VmSize')
}

/** Swap space of the machine, in bytes. */
export function swapSpace(): { readonly total: number | undefined; readonly free: number | undefined } {
  return { total: kibibytes('/proc/meminfo', 'SwapTotal'), free: kibibytes('/proc/meminfo', 'SwapFree') }
}

function kibibytes(file: string, name: string): number | undefined {
  const found = onLinux(() => fs.readFileSync(file, 'utf8'))?.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))?.[1]
  return found === undefined ? undefined : Number(found) * 1024
}

function onLinux<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined // no /proc: the attribute is unknown, as its description says
  }
}
