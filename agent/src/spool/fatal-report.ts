/**
 * The report that Node writes when V8 cannot allocate any more (`--report-on-fatalerror`): proof of why a process ended, where its spool can only tell how full
 * the heap was some time before. A loop that fills the heap lets nothing else run, so nothing else could say so. The agent does not ask for it by itself:
 * the environment is in it unless Node was started with `--report-exclude-env`.
 */
import path from 'node:path'
import process from 'node:process'

/** Where the process has its reports written. */
export interface ReportPlace {
  readonly folder: string
  /** Undefined: Node gives them names with the pid. */
  readonly name?: string
}

/** Undefined: it writes none. */
export function reportPlace(): ReportPlace | undefined {
  const { report } = process as { readonly report?: NodeJS.ProcessReport }
  if (report?.reportOnFatalError !== true || /^std(?:out|err)$/.test(report.filename)) return undefined
  return { folder: path.resolve(report.directory), ...(report.filename === '' ? {} : { name: report.filename }) }
}

/** Whether a file in that folder may be the report of the process with this pid: `report.20261126.150305.30051.0.001.json`, or the name that was set. */
export function isReportOf(file: string, pid: number, { name }: ReportPlace): boolean {
  return name === undefined ? file.split('.')[3] === String(pid) : file === name
}

/** What says why it was written is at its beginning, so one that was cut off says it, too. */
export const REPORT_HEAD_BYTES = 4096
const TRIGGER = /"trigger":\s*"OOMError"/
const WRITTEN_AT = /"dumpEventTimeStamp":\s*"(\d+)"/

/** Whether a report says that the heap was full, at a time when the process that started at `startedMs` lived: pids are used again. */
export function saysHeapWasFull(report: string, startedMs: number): boolean {
  const writtenMs = Number(WRITTEN_AT.exec(report)?.[1] ?? 0)
  return TRIGGER.test(report) && writtenMs >= startedMs
}
