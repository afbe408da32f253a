/** Rows of otel_logs from plain objects: for lines of log files, and for what the collector itself has to say. */
import { cutText } from '../native/cut-text.ts'
import { limits } from './limits.ts'
import { TableBlock } from '../native/table-block.ts'

export interface LogRow {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly severityText: string
  readonly severityNumber: number
  readonly service: string
  readonly body: string
  readonly traceId: string
  readonly spanId: string
  readonly eventName: string
  readonly resource: readonly (readonly [string, string])[]
  readonly attributes: readonly (readonly [string, string])[]
}

export function logBlock(rows: readonly LogRow[]): TableBlock {
  const block = new TableBlock('otel_logs')
  for (const row of rows) writeRow(block, row)
  return block
}

function writeRow(block: TableBlock, row: LogRow): void {
  const nanos = BigInt(Math.round(row.time * 1000)) * 1000n
  block.fixed('Timestamp').data.u64(Number(nanos & 0xffffffffn), Number(nanos >> 32n))
  block.fixed('TimestampTime').data.u32(Math.floor(row.time / 1000))
  block.text('TraceId').string(row.traceId)
  block.text('SpanId').string(row.spanId)
  block.fixed('TraceFlags').data.u8(0)
  block.dictionary('SeverityText').string(row.severityText)
  block.fixed('SeverityNumber').data.u8(row.severityNumber)
  block.dictionary('ServiceName').string(row.service)
  block.text('Body').string(cutText(row.body, limits.valueBytes))
  for (const name of ['ResourceSchemaUrl', 'ScopeSchemaUrl', 'ScopeVersion']) block.dictionary(name).string('')
  block.text('ScopeName').string('')
  block.map('ResourceAttributes').entries(row.resource)
  block.map('ScopeAttributes').entries([])
  block.map('LogAttributes').entries(row.attributes.slice(0, limits.attributes))
  block.text('EventName').string(row.eventName)
  block.endRow(row.time / 1000)
}
