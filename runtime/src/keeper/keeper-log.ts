/** The keeper's own lines in logs/server.log, in the shape pino gives the other processes' lines; the keeper loads no package. */
import { closeSync, openSync, writeSync } from 'node:fs'

export interface KeeperLog {
  /** File descriptor that children take as standard output and error: they append to the same file without passing through the keeper. */
  readonly fd: number
  readonly file: string
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
  close(): void
}

export function openKeeperLog(file: string): KeeperLog {
  const fd = openSync(file, 'a', 0o640)
  const write = (level: string, fields: Readonly<Record<string, unknown>>, msg: string): void => {
    const line = JSON.stringify({ level, time: new Date().toISOString(), process: 'keeper', pid: process.pid, ...fields, msg })
    writeSync(fd, `${line}\n`)
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
