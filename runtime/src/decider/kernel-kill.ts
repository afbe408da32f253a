/**
 * Whether the kernel killed a process because memory was short: its SIGKILL looks like anybody else's. The counter `oom_kill` of the control group says
 * so (memory.events of cgroup v2, memory.oom_control of v1), else the kernel's log, where it may be read. Else only its memory is known.
 */
import { closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { residentBytes } from '../holder/process-stat.ts'

export interface KernelSources {
  /** Where control groups are mounted. */
  readonly cgroups: string
  readonly kernelLog: string
  /** Resident memory of a process; undefined when it is not known. */
  readonly resident: (pid: number) => number | undefined
  /** Text of `/proc/PID/cgroup`. */
  readonly cgroupOf: (pid: number) => string
}

const real: KernelSources = {
  cgroups: '/sys/fs/cgroup',
  kernelLog: '/dev/kmsg',
  resident: residentBytes,
  cgroupOf: (pid) => readOr(`/proc/${pid}/cgroup`),
}

interface Watched {
  readonly pid: number
  readonly file: string | undefined
  rss: number | undefined
}

export class KernelKills {
  readonly #sources: KernelSources
  readonly #watched = new Map<number, Watched>()
  /** `oom_kill` of each control group when it was read last. */
  readonly #counts = new Map<string, number>()

  constructor(sources: KernelSources = real) {
    this.#sources = sources
  }

  started(id: number, pid: number): void {
    const file = memoryFile(this.#sources.cgroups, this.#sources.cgroupOf(pid))
    if (file !== undefined && !this.#counts.has(file)) this.#counts.set(file, killsIn(file))
    this.#watched.set(id, { pid, file, rss: undefined })
  }

  /** Called every second. */
  tick(): void {
    for (const file of this.#counts.keys()) this.#counts.set(file, killsIn(file))
    for (const one of this.#watched.values()) one.rss = this.#sources.resident(one.pid) ?? one.rss
  }

  ended(id: number): void {
    this.#watched.delete(id)
  }

  /** Why a process ended by SIGKILL, as far as can be known. To be called before {@link ended}. */
  reason(id: number): string {
    const one = this.#watched.get(id)
    const rss = one?.rss === undefined ? '' : `resident memory was ${Math.round(one.rss / 1_048_576)} MiB`
    if (one && (this.#countedIn(one.file) || isInKernelLog(this.#sources.kernelLog, one.pid))) {
      return `out of memory: killed by the kernel${rss === '' ? '' : `; its ${rss}`}`
    }
    if (rss === '') return 'killed by SIGKILL'
    return one?.file !== undefined && isCounting(one.file)
      ? `killed by SIGKILL; its ${rss}` // the counter knows every kill by the kernel, so somebody else sent it
      : `killed by SIGKILL, possibly out of memory: its ${rss}`
  }

  /** Takes one kill that was not counted before. */
  #countedIn(file: string | undefined): boolean {
    const before = file === undefined ? undefined : this.#counts.get(file)
    if (file === undefined || before === undefined || killsIn(file) <= before) return false
    this.#counts.set(file, before + 1)
    return true
  }
}

/** The file with the counter, for the text of `/proc/PID/cgroup`: `0::/system.slice/spyglass.service`, `9:memory:/docker/…`. */
function memoryFile(root: string, cgroup: string): string | undefined {
  const lines = cgroup.split('\n').map((line) => line.split(':'))
  const v1 = lines.find(([, controllers = '']) => controllers.split(',').includes('memory'))
  const v2 = lines.find(([id, controllers]) => id === '0' && controllers === '')
  if (v1) return ownOrRoot(join(root, 'memory'), v1.slice(2).join(':'), 'memory.oom_control')
  return v2 && ownOrRoot(root, v2.slice(2).join(':'), 'memory.events')
}

/** In a container the path may be that of the host, while what is mounted is the container's group. */
function ownOrRoot(root: string, path: string, name: string): string {
  const own = join(root, path, name)
  return existsSync(own) ? own : join(root, name)
}

const COUNTER = /^oom_kill (\d+)$/m
const isCounting = (file: string): boolean => COUNTER.test(readOr(file))
const killsIn = (file: string): number => Number(COUNTER.exec(readOr(file))?.[1] ?? 0)

const MAX_RECORDS = 20_000

/** `Out of memory: Killed process 4711 (node) …`: one record for each read (Documentation/ABI/testing/dev-kmsg). */
function isInKernelLog(file: string, pid: number): boolean {
  let fd: number | undefined
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const record = Buffer.alloc(8192)
    const words = new RegExp(String.raw`[Kk]ill(ed)? process ${pid}\b`)
    for (let records = 0; records < MAX_RECORDS; records++) {
      const length = readSync(fd, record)
      if (length === 0) return false
      if (words.test(record.toString('utf8', 0, length))) return true
    }
  } catch {
    // it may not be read, or has no further record (EAGAIN)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
  return false
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it does not exist, or may not be read
  }
}
