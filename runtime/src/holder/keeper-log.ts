/** The keeper's own lines in logs/server.log, in the shape pino gives the other processes' lines; the keeper loads no npm package. */
import { closeSync, constants, openSync } from 'node:fs'
import { redactText, redactValue } from '@spyglass/agent/redact'
import { droppedReport, LineSink } from '@spyglass/process/output'
import { fail } from '../errors.ts'

export interface KeeperLog {
  /** File descriptor that children take as standard output and error: they append to the same file without passing through the keeper. */
  readonly fd: number
  readonly file: string
  /** Never throws; a line that cannot be written is dropped and counted. */
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
  close(): void
}

/** @throws SPY_LOG_UNWRITABLE */
export function openKeeperLog(file: string): KeeperLog {
  const fd = openToAppend(file)
  const sink = new LineSink({ fd, report: droppedReport('keeper', process.pid) })
  const write = (level: string, fields: Readonly<Record<string, unknown>>, msg: string): void => {
    const head = { level, time: new Date().toISOString(), process: 'keeper', pid: process.pid }
    const line = JSON.stringify({ ...head, ...redactValue(fields), msg: redactText(msg) })
    sink.write(`${line}\n`)
  }
  return {
    fd,
    file,
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
    close: () => closeSync(fd),
  }
}

/** O_NONBLOCK: a pipe in its place is an error instead of a start that waits for a reader. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK

function openToAppend(file: string): number {
  try {
    return openSync(file, APPEND, 0o640)
  } catch (error) {
    throw fail('SPY_LOG_UNWRITABLE', [file, error instanceof Error ? error.message : String(error)], error)
  }
}
