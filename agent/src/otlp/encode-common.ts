/** The parts that traces, metrics and logs share: values, attributes, resource, scope and the request around them. */
import type { ProtobufWriter } from './protobuf-writer.ts'
import type { AttributeInput, AttributesInput, Scope } from './records.ts'

/** A length-delimited entry (`spans`, `metrics`, `log_records`: field 2 of each), encoded when it was taken in. */
export interface EncodedRecord {
  readonly bytes: Buffer
  readonly scope: Scope | undefined
}

/** The field that holds the records in ScopeSpans, ScopeMetrics and ScopeLogs. */
export const RECORD_FIELD = 2

/** Nanoseconds since the epoch. A double holds the milliseconds to a quarter of a microsecond. */
export function nanos(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n
}

export function writeAttributes(writer: ProtobufWriter, field: number, attributes: AttributesInput | undefined): void {
  for (const key in attributes) {
    const value = attributes[key]
    if (value === undefined) continue
    const start = writer.begin(field)
    writer.string(1, key)
    writeValue(writer, 2, value)
    writer.end(start)
  }
}

export function writeValue(writer: ProtobufWriter, field: number, value: AttributeInput): void {
  const start = writer.begin(field)
  switch (typeof value) {
    case 'string':
      writer.string(1, value)
      break
    case 'boolean':
      writer.bool(2, value)
      break
    case 'number':
      if (Number.isSafeInteger(value)) writer.int64(3, value)
      else writer.double(4, value)
      break
    case 'bigint':
      writer.int64(3, value)
      break
    default:
      writeArray(writer, value)
  }
  writer.end(start)
}

function writeArray(writer: ProtobufWriter, values: readonly AttributeInput[]): void {
  const start = writer.begin(5)
  for (const value of values) writeValue(writer, 1, value)
  writer.end(start)
}

export function writeResource(writer: ProtobufWriter, field: number, resource: AttributesInput): void {
  const start = writer.begin(field)
  writeAttributes(writer, 1, resource)
  writer.end(start)
}

/**
 * An export request of any signal: the three have the same shape, request { 1: { 1: resource, 2: { 1: scope, 2: record … } … } }.
 * Records of one scope stand together.
 */
export function encodeRequest(
  writer: ProtobufWriter,
  records: readonly EncodedRecord[],
  { resource, scope }: { readonly resource: AttributesInput; readonly scope: Scope },
): Buffer {
  const request = writer.begin(1)
  writeResource(writer, 1, resource)
  for (const group of byScope(records, scope).values()) {
    const start = writer.begin(2)
    writeScope(writer, group.scope)
    for (const bytes of group.records) writer.raw(bytes)
    writer.end(start)
  }
  writer.end(request)
  return writer.take()
}

function writeScope(writer: ProtobufWriter, scope: Scope): void {
  const start = writer.begin(1)
  writer.string(1, scope.name)
  if (scope.version) writer.string(2, scope.version)
  writer.end(start)
}

function byScope(records: readonly EncodedRecord[], own: Scope): Map<string, { scope: Scope; records: Buffer[] }> {
  const groups = new Map<string, { scope: Scope; records: Buffer[] }>()
  for (const record of records) {
    const scope = record.scope ?? own
    const key = `${scope.name}\n${scope.version ?? ''}`
    const group = groups.get(key)
    if (group) group.records.push(record.bytes)
    else groups.set(key, { scope, records: [record.bytes] })
  }
  return groups
}
