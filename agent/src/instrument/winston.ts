/**
 * Lines of winston. The ids are put into what a logger is given, so that every format prints them; what is sent is what the logger's format has made, so that what it
 * redacts stays redacted.
 */
import { attempt, guarded } from '../guard/guard.ts'
import { type FindIds, type LineIds, type LogSink, lineAttributes } from '../logs/log-sink.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'
import { severityOfName } from './severities.ts'

type Fields = Readonly<Record<string, unknown>>
type Method = (this: Logger, info: unknown, ...rest: unknown[]) => unknown

interface Logger {
  write: Method
  push: Method
  isLevelEnabled?(level: string): boolean
}

export const winston: Instrumentation = {
  name: 'winston',
  package: 'winston',
  versions: ['3.0.0', '4.0.0'],
  by: 'module hook',
  records: 'trace and span id in each line; lines as log records, as the format of the logger makes them',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'Attempt to write logs with no transports',
  attach: ({ ids, logs }) => [
    { file: /^lib\/winston\/logger\.js$/, apply: ({ prototype }: { prototype: Logger }) => patch(prototype, ids, logs) },
  ],
}

/** Both methods are those of a stream: a logger gets its own. */
function patch(prototype: Logger, ids: FindIds, logs: LogSink | undefined): void {
  const { write, push } = prototype
  if (typeof write !== 'function' || typeof push !== 'function') throw fail('SPY_AGENT_LIBRARY', ['winston', 'write'])
  prototype.write = function writeWithIds(info, ...rest) {
    return write.call(
      this,
      attempt('winston.ids', () => withIds(info, ids()), info),
      ...rest,
    )
  }
  if (!logs) return
  const capture = guarded('winston.capture', (logger: Logger, info: unknown) => captureInfo(logs, logger, info))
  prototype.push = function pushCaptured(info, ...rest) {
    capture(this, info)
    return push.call(this, info, ...rest)
  }
}

/** A copy: the object may be the application's. An error is none of ours to copy. */
function withIds(info: unknown, ids: LineIds | undefined): unknown {
  if (!ids || typeof info !== 'object' || info === null || info instanceof Error || 'trace_id' in info) return info
  return { ...info, trace_id: ids.traceId, span_id: ids.spanId }
}

/** Formats may run later, in another request: the ids are those of the line. */
function captureInfo(logs: LogSink, logger: Logger, info: unknown): void {
  if (typeof info !== 'object' || info === null) return
  const { level, message, timestamp: _timestamp, trace_id: traceId, span_id: spanId, ...fields } = info as Fields
  const name = levelOf(info as Fields)
  if (logger.isLevelEnabled?.(name) === false) return
  const ids = typeof traceId === 'string' && typeof spanId === 'string' ? { traceId, spanId } : undefined
  const body = typeof message === 'string' ? message : JSON.stringify(message)
  logs.write({ timeMs: Date.now(), ...severityOfName(name || String(level)), body, attributes: lineAttributes(fields), ids })
}

/** A format may have put colours into the level that is printed. */
const LEVEL = Symbol.for('level')
const levelOf = (info: Fields): string => String((info as { readonly [LEVEL]?: unknown })[LEVEL] ?? info['level'])
