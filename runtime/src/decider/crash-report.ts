/** Whether a process ran out of heap: V8 ends it by an abort, and the report that Node writes before (`--report-on-fatalerror`) has the figures. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Flags that make a process write such a report to the folder, without its environment. */
export const reportFlags = (folder: string): readonly string[] => [
  '--report-on-fatalerror',
  '--report-exclude-env',
  '--report-exclude-network',
  '--report-compact',
  `--report-directory=${folder}`,
]

interface Report {
  readonly header?: { readonly trigger?: string; readonly commandLine?: readonly string[] }
  readonly javascriptHeap?: { readonly usedMemory?: number; readonly heapSpaces?: { readonly old_space?: { readonly used?: number } } }
}

/**
 * `out of memory: …` with the figures of the heap, if that is why the process with this pid ended; the report is removed. Undefined if there is
 * none.
 */
export function outOfMemory(folder: string, pid: number): string | undefined {
  const file = reportOf(folder, pid)
  if (file === undefined) return undefined
  try {
    const { header, javascriptHeap } = JSON.parse(readFileSync(file, 'utf8')) as Report
    if (header?.trigger !== 'OOMError') return undefined
    const limit = header.commandLine?.findLast((flag) => flag.startsWith('--max-old-space-size='))?.split('=')[1]
    const old = mebibytes(javascriptHeap?.heapSpaces?.old_space?.used)
    return `out of memory: the JavaScript heap was full with ${mebibytes(javascriptHeap?.usedMemory)} in use, ${old} of it in the old generation (limit ${limit === undefined ? 'by the memory of the machine' : `${limit} MiB`})`
  } catch {
    return undefined // cut off: the disk is full, or the process was killed while it wrote
  } finally {
    rmSync(file, { force: true })
  }
}

/** `report.20261126.150305.30051.0.001.json` */
function reportOf(folder: string, pid: number): string | undefined {
  try {
    const name = readdirSync(folder).find((one) => one.split('.')[3] === String(pid))
    return name === undefined ? undefined : join(folder, name)
  } catch {
    return undefined // nobody has written one yet
  }
}

const mebibytes = (bytes = 0): string => `${(bytes / 1_048_576).toFixed(0)} MiB`
