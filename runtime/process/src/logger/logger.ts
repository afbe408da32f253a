/** The log of our own processes: one JSON object a line on standard error, which the keeper appends to logs/server.log. */
import pino, { type Logger } from 'pino'
import { SECRET_KEYS } from '@spyglass/agent/contract'

export type { Logger } from 'pino'

export interface LoggerOptions {
  /** Name of the process: an instance, management, collector, store or snmp-bridge. */
  readonly process: string
  /** `trace`, `debug`, `info` (default), `warn`, `error` or `silent`. */
  readonly level?: string
}

/** Makes the root logger of a process; parts take `logger.child({ component })`. Secrets are replaced by `[redacted]`. */
export function createLogger({ process: name, level = 'info' }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { process: name, pid: process.pid },
      redact: { paths: SECRET_KEYS.flatMap((key) => [quoted(key), `*${bracketed(key)}`]), censor: '[redacted]' },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ fd: 2, sync: true }),
  )
}

const quoted = (key: string): string => (/^\w+$/.test(key) ? key : bracketed(key))
const bracketed = (key: string): string => `["${key}"]`
