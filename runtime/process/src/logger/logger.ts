/** The log of our own processes: one JSON object a line on standard error, which the keeper appends to logs/server.log. */
import pino, { type Logger } from 'pino'
import { redactText, redactValue } from '@spyglass/agent/redact'
import { followLevels, levelOf, setLogLevels } from './levels.ts'
import { droppedReport, LineSink } from '../output/index.ts'

export type { Logger } from 'pino'

export interface LoggerOptions {
  /** Name of the process: an instance, management, collector, store or snmp-bridge. */
  readonly process: string
  /** `trace`, `debug`, `info` (default), `warn`, `error` or `silent`. */
  readonly level?: string
  /** Levels of single loggers; see levels.ts. */
  readonly levels?: Readonly<Record<string, string>>
}

/**
 * Makes the root logger of a process; parts take `logger.child({ component })`. Secrets are replaced by `[redacted]`. Writing a line never
 * throws: what a full disk or a closed pipe does not take is dropped, counted, and reported once it works again.
 */
export function createLogger({ process: name, level = 'info', levels = {} }: LoggerOptions): Logger {
  setLogLevels({ level, levels })
  const logger = pino(
    {
      level: levelOf({ process: name }),
      base: { process: name, pid: process.pid },
      hooks: { streamWrite: redactLine },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    new LineSink({ fd: 2, report: droppedReport(name, process.pid) }),
  )
  followLevels(logger, { process: name })
  return logger
}

/** A line without what names or the usual forms show to be secret: fields at any depth, messages and stacks of errors as well. */
export function redactLine(line: string): string {
  try {
    const fields = JSON.parse(line) as object
    const safe = redactValue(fields)
    return safe === fields ? line : `${JSON.stringify(safe)}\n`
  } catch {
    return redactText(line) // no line of ours: what is not JSON is searched as text
  }
}
