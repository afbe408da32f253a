/** What the kernel reports about a process, from /proc. Undefined on systems other than Linux. */
import { readdirSync, readFileSync } from 'node:fs'

const MS_PER_TICK = 10 // sysconf(_SC_CLK_TCK) is 100 on every Linux that Node runs on

export interface ProcessStat {
  /** Of its program, at most 15 characters. */
  readonly name: string
  /** Pid of the process that started it, or that took it over. */
  readonly parent: number
  /** `R` running or runnable, `S` sleeping, `D` waiting for a disk, `T` stopped, `Z` ended … (proc(5)). */
  readonly state: string
  /** CPU time of all its threads, user and system. */
  readonly cpuMs: number
  /** When it started, in clock ticks since boot: together with the pid it identifies a process uniquely. */
  readonly began: string
}

/** Undefined when there is no such process, or no /proc. */
export function processStat(pid: number): ProcessStat | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before may hold spaces; fields[0] is the third
  const [state = '', parent, began = ''] = [fields[0], fields[1], fields[19]]
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
  return { name, parent: Number(parent), state, cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK, began }
}

/** Bytes in memory; undefined when there is no such process, or no /proc. */
export function residentBytes(pid: number): number | undefined {
  const pages = pagesOf(String(pid))
  return pages === undefined ? undefined : pages * pageBytes()
}

const pagesOf = (pid: string): number | undefined => {
  const statm = readOrNothing(`/proc/${pid}/statm`)
  return statm === undefined ? undefined : Number(statm.split(' ')[1])
}

let page: number | undefined

/** A power of two: 4096, or up to 65,536 on arm64. Told from what is known of this process in both units. */
function pageBytes(): number {
  page ??= 2 ** Math.round(Math.log2(process.memoryUsage.rss() / (pagesOf('self') ?? 1)))
  return page
}

/** Time in which threads of the process could have run and waited for a processor, added up over its threads. */
export function runDelayMs(pid: number): number {
  const folder = `/proc/${pid}/task`
  let total = 0
  for (const task of entriesOf(folder)) total += Number(readOrNothing(`${folder}/${task}/schedstat`)?.split(' ')[1] ?? 0)
  return total / 1e6
}

/** Pids of the processes that were started with `NAME=value` in their environment, except this one. */
export function processesWith(variable: string): readonly number[] {
  return entriesOf('/proc').flatMap((entry) => {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) return []
    return readOrNothing(`/proc/${pid}/environ`)?.split('\0').includes(variable) ? [pid] : []
  })
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // it has ended, or this is not Linux
  }
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // it has ended, belongs to another user, or this is not Linux
  }
}
