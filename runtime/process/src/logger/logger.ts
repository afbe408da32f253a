/** The log of our own processes: one JSON object a line on standard error, which the keeper appends to logs/server.log. */
import pino, { type Logger } from 'pino'
import { SECRET_KEYS } from '@spyglass/agent/contract'
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
      redact: { paths: SECRET_KEYS.flatMap((key) => [quoted(key), `*${bracketed(key)}`]), censor: '[redacted]' },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    new LineSink({ fd: 2, report: droppedReport(name, process.pid) }),
  )
  followLevels(logger, { process: name })
  return logger
}

const quoted = (key: string): string => (/^\w+$/.test(key) ? key : bracketed(key))
const bracketed = (key: string): string => `["${key}"]`
