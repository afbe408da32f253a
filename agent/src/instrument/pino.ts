/**
 * Lines of pino. Each gets the ids of the running request before it is written, for any reader; with log capture on, it is also
 * sent as a log record, made of the finished line, so that what the application redacts stays redacted.
 */
import { attempt, guarded } from '../guard/guard.ts'
import { type LineIds, type LogSink, lineAttributes } from '../logs/log-sink.ts'
import type { Instrumentation } from './instrumentation.ts'

type AsJsonArguments = [object: unknown, message: unknown, level: number, time: string]
type AsJson = (this: unknown, ...args: AsJsonArguments) => string

const LEVEL_NAMES: Readonly<Record<number, string>> = { 10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' }

export const pino: Instrumentation = {
  name: 'pino',
  package: 'pino',
  versions: ['6.0.0', '11.0.0'],
  by: 'module hook',
  records: 'trace and span id in each line; lines as log records',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx'],
  mark: 'pino.msgPrefix',
  attach({ ids: idsOfNow, logs }) {
    const capture =
      logs && guarded('pino.capture', (line: string, level: number, ids: LineIds | undefined) => captureLine(logs, line, level, ids))
    const apply = (asJson: AsJson): AsJson =>
      function spyglassAsJson(this: unknown, ...args: AsJsonArguments): string {
        const line = asJson.apply(this, args)
        const ids = attempt('pino.ids', idsOfNow, undefined)
        capture?.(line, args[2], ids)
        return ids ? attempt('pino.line', () => withIds(line, ids), line) : line
      }
    return [{ file: /^lib\/tools\.js$/, append: (call) => `module.exports.asJson = ${call} module.exports.asJson)`, apply }]
  },
}

/** The line with the ids as its last fields; one that has them already, or is not a JSON object, stays unchanged. */
export function withIds(line: string, { traceId, spanId }: LineIds): string {
  if (!line.endsWith('}\n') || line.includes('"trace_id":')) return line
  return `${line.slice(0, -2)},"trace_id":"${traceId}","span_id":"${spanId}"}\n`
}

function captureLine(sink: LogSink, line: string, level: number, ids: LineIds | undefined): void {
  const { level: _level, time, pid: _pid, hostname: _hostname, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  sink.write({
    timeMs: timeOf(time),
    severityNumber: severityOf(level),
    severityText: LEVEL_NAMES[level] ?? String(level),
    body: typeof msg === 'string' ? msg : '',
    attributes: lineAttributes(fields),
    ids,
  })
}

/** pino writes milliseconds by default, or ISO text when told so. */
function timeOf(time: unknown): number {
  const ms = typeof time === 'number' ? time : typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isFinite(ms) ? ms : Date.now()
}

/** pino's 10 … 60 to OpenTelemetry's 1, 5, 9, 13, 17, 21. */
export function severityOf(level: number): number {
  return Math.min(21, Math.max(1, Math.floor(level / 10) * 4 - 3))
}
