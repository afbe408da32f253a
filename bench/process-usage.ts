/** CPU time and memory of a process and of everything it started, from /proc (Linux). */
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'

const TICKS_PER_SECOND = 100 // sysconf(_SC_CLK_TCK) on every Linux that Node runs on
/** Options whose value is a module to load before the script. */
const PRELOADS: ReadonlySet<string> = new Set(['--import', '--require', '-r'])
const SCRIPT = /\.[cm]?[jt]s$/

/** The process and all its descendants, each after its parent. */
export function processTree(root: number): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  const parents = pids.map((pid) => ({ pid, parent: Number(statOf(pid)?.[1]) }))
  const tree = [root]
  for (const found of tree) tree.push(...parents.filter(({ parent }) => parent === found).map(({ pid }) => pid)) // grows while it is walked
  return tree
}

/** Seconds of CPU of the process, user and system, with those of its children that have ended. 0 when it is gone. */
export const cpuSeconds = (pid: number): number => ticksOf(pid) / TICKS_PER_SECOND

/** The same of the process and all its descendants. */
export const treeCpuSeconds = (root: number): number => processTree(root).reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS_PER_SECOND

function ticksOf(pid: number): number {
  const fields = statOf(pid) ?? []
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0)
}

/** Resident memory in MiB: `rssMiB` counts a page in each process that has it, `pssMiB` divides it among them. */
export function memoryOf(pid: number): { readonly rssMiB: number; readonly pssMiB: number } {
  const text = readProc(pid, 'smaps_rollup') ?? ''
  const mebibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024
  return { rssMiB: mebibytes('Rss'), pssMiB: mebibytes('Pss') }
}

/** The script that a Node process runs, without its ending; the name given to a script of `sh -c`; otherwise the program. */
export function commandOf(pid: number): string {
  const words = (readProc(pid, 'cmdline') ?? '').split('\0').filter(Boolean)
  const script = words.find((word, i) => i > 0 && SCRIPT.test(word) && !PRELOADS.has(words[i - 1]!))
  if (script) return basename(script).replace(SCRIPT, '')
  return basename((words[1] === '-c' ? words[3] : undefined) ?? words[0] ?? 'ended')
}

/** Fields of proc(5) from the third on: the second, the name, may hold spaces. */
function statOf(pid: number): readonly string[] | undefined {
  const text = readProc(pid, 'stat')
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Undefined when the process has ended. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return undefined
    throw error
  }
}
