/**
 * Lines of log4js, where its loggers hand them to its appenders. The ids are in the context of the event, which the layout `pattern` prints as `%X{trace_id}` and layouts for
 * machines print whole; the others have no place for them.
 */
import { format } from 'node:util'
import { attempt, guarded } from '../guard/guard.ts'
import { type FindIds, type LogSink, lineAttributes } from '../logs/log-sink.ts'
import { asSent } from './console.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'
import { severityOfName } from './severities.ts'

interface LoggingEvent {
  readonly level: { readonly levelStr: string }
  readonly categoryName: string
  readonly data: unknown[]
  readonly startTime: Date
  context: Record<string, unknown>
}

interface Clustering {
  send: (event: LoggingEvent) => unknown
}

export const log4js: Instrumentation = {
  name: 'log4js',
  package: 'log4js',
  versions: ['4.0.0', '7.0.0'],
  by: 'module hook',
  records: 'trace and span id in the context of each event (`%X{trace_id}`); lines as log records',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'log4js:message',
  attach: ({ ids, logs }) => [{ file: /^lib\/clustering\.js$/, apply: (library: Clustering) => patch(library, ids, logs) }],
}

function patch(library: Clustering, ids: FindIds, logs: LogSink | undefined): void {
  const { send } = library
  if (typeof send !== 'function') throw fail('SPY_AGENT_LIBRARY', ['log4js', 'send'])
  const capture = logs && guarded('log4js.capture', (event: LoggingEvent) => captureEvent(logs, event, ids))
  library.send = function sendWithIds(event) {
    capture?.(event)
    attempt('log4js.ids', () => addIds(event, ids), undefined)
    // An appender may use console.
    return capture ? asSent(() => send.call(library, event)) : send.call(library, event)
  }
}

/** The context is the logger's own object. */
function addIds(event: LoggingEvent, ids: FindIds): void {
  const found = ids()
  if (found && !('trace_id' in event.context)) event.context = { ...event.context, trace_id: found.traceId, span_id: found.spanId }
}

function captureEvent(logs: LogSink, { level, categoryName, data, startTime, context }: LoggingEvent, ids: FindIds): void {
  logs.write({
    timeMs: startTime.getTime(),
    ...severityOfName(level.levelStr),
    body: format(...data),
    attributes: lineAttributes({ ...context, category: categoryName }),
    ids: ids(),
  })
}
