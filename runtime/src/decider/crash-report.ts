/** Whether a process ran out of heap: V8 ends it by an abort, and the report that Node writes before (`--report-on-fatalerror`) has the figures. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Flags that make a process write such a report to the folder, without its environment. */
export const reportFlags = (folder: string): readonly string[] => [
  '--report-on-fatalerror',
  '--report-exclude-env',
  '--report-exclude-network',
  '--report-compact',
  `--report-directory=${folder}`,
]

const MAX_BYTES = 64 * 1024 * 1024
/** The collector reads it, too, before it tells from the spool of the process how it ended. */
const KEPT_MS = 600_000

interface Report {
  readonly header?: { readonly trigger?: string; readonly commandLine?: readonly string[] }
  readonly javascriptHeap?: { readonly usedMemory?: number; readonly heapSpaces?: { readonly old_space?: { readonly used?: number } } }
}

/**
 * `out of memory: …` with the figures of the heap, if that is why the process with this pid ended. Undefined if there is no report of it. Those that
 * everyone has had time to read are removed. `folder`: that of the process itself, since an application may write what it likes to its own.
 */
export function outOfMemory(folder: string, pid: number): string | undefined {
  const reports = reportsIn(folder)
  for (const file of reports) removeOld(file)
  const file = reports.findLast((one) => basename(one).split('.')[3] === String(pid))
  if (file === undefined) return undefined
  try {
    const { header, javascriptHeap } = JSON.parse(textOf(file)) as Report
    if (header?.trigger !== 'OOMError') return undefined
    const limit = header.commandLine?.flatMap((flag) => LIMIT.exec(flag)?.[1] ?? []).at(-1)
    const old = mebibytes(javascriptHeap?.heapSpaces?.old_space?.used)
    return `out of memory: the JavaScript heap was full with ${mebibytes(javascriptHeap?.usedMemory)} in use, ${old} of it in the old generation (limit ${limit === undefined ? 'by the memory of the machine' : `${limit} MiB`})`
  } catch {
    return undefined // removed, or cut off: the disk is full, or the process was killed while it wrote
  }
}

const LIMIT = /^--max-old-space-size=(\d{1,9})$/

/** What an application puts in the place of a report must not end the process that looks for reports: a folder cannot be removed like a file. */
function removeOld(file: string): void {
  try {
    if (Date.now() - statSync(file).mtimeMs > KEPT_MS) rmSync(file)
  } catch {
    // it stays where it is, or somebody else removed it
  }
}

/** Those like `report.20261126.150305.30051.0.001.json`, oldest first. */
function reportsIn(folder: string): readonly string[] {
  try {
    if (!lstatSync(folder).isDirectory()) return [] // a link could lead to the reports of others
    const entries = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isFile())
    return entries.map(({ name }) => join(folder, name)).toSorted()
  } catch {
    return [] // nobody has written one yet
  }
}

/** Never of what a link leads to: an application may write to the folder of its reports. */
function textOf(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const found = fstatSync(fd)
    if (!found.isFile() || found.size > MAX_BYTES) return '' // not one of Node's
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

const mebibytes = (bytes = 0): string => `${(bytes / 1_048_576).toFixed(0)} MiB`
