/** Lines of bunyan, when its serializers have run: the ids are fields of the record that is written, and the record is sent. */
import { attempt, guarded } from '../guard/guard.ts'
import { type FindIds, type LogSink, lineAttributes } from '../logs/log-sink.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'
import { severityOf } from './pino.ts'
import { severityOfName } from './severities.ts'

type LineRecord = Record<string, unknown>
type Emit = (this: unknown, record: LineRecord, noEmit?: boolean) => unknown
type Logger = { readonly prototype: { _emit: Emit }; readonly nameFromLevel?: Readonly<Record<number, string>> }

export const bunyan: Instrumentation = {
  name: 'bunyan',
  package: 'bunyan',
  versions: ['1.0.0', '3.0.0'],
  by: 'module hook',
  records: 'trace and span id in each line; lines as log records',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'BUNYAN_TEST_NO_SAFE_JSON_STRINGIFY',
  attach: ({ ids, logs }) => [{ file: /^lib\/bunyan\.js$/, apply: (library: Logger) => patch(library, ids, logs) }],
}

function patch(library: Logger, ids: FindIds, logs: LogSink | undefined): void {
  const { prototype } = library
  const { _emit: emit } = prototype
  if (typeof emit !== 'function') throw fail('SPY_AGENT_LIBRARY', ['bunyan', '_emit'])
  const capture = logs && guarded('bunyan.capture', (record: LineRecord) => captureRecord(logs, record, ids, library.nameFromLevel))
  prototype._emit = function emitWithIds(record, noEmit) {
    if (!noEmit) {
      attempt('bunyan.ids', () => addIds(record, ids), undefined)
      capture?.(record)
    }
    return emit.call(this, record, noEmit)
  }
}

function addIds(record: LineRecord, ids: FindIds): void {
  const found = ids()
  if (!found || 'trace_id' in record) return
  record['trace_id'] = found.traceId
  record['span_id'] = found.spanId
}

function captureRecord(logs: LogSink, record: LineRecord, ids: FindIds, names: Logger['nameFromLevel'] = {}): void {
  const { level, time, msg, pid: _pid, hostname: _hostname, v: _v, trace_id: _trace, span_id: _span, ...fields } = record
  const number = Number(level)
  logs.write({
    timeMs: time instanceof Date ? time.getTime() : Date.now(),
    severityNumber: severityOf(number),
    severityText: severityOfName(names[number] ?? String(number)).severityText,
    body: typeof msg === 'string' ? msg : '',
    attributes: lineAttributes(fields),
    ids: ids(),
  })
}
