/** `opentelemetry.proto.logs.v1.LogRecord`. */
import { RECORD_FIELD, nanos, writeAttributes, writeValue } from './encode-common.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import type { LogRecord } from './records.ts'

/** Writes one record as an entry of ScopeLogs. */
export function writeLog(writer: ProtobufWriter, log: LogRecord): void {
  const start = writer.begin(RECORD_FIELD)
  writer.fixed64(1, nanos(log.timeMs))
  writer.uint(2, log.severityNumber)
  if (log.severityText) writer.string(3, log.severityText)
  writeValue(writer, 5, log.body)
  writeAttributes(writer, 6, log.attributes)
  if (log.traceId) {
    writer.fixed32(8, 1)
    writer.hex(9, log.traceId)
  }
  if (log.spanId) writer.hex(10, log.spanId)
  writer.fixed64(11, nanos(log.observedMs ?? log.timeMs))
  if (log.eventName) writer.string(12, log.eventName)
  writer.end(start)
}
