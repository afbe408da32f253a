/** Output formats a client may ask for, and how their answers can be sent. */

/** Chunks of these joined are the whole answer, so they are streamed. */
const JOINABLE = new Set([
  'JSONEachRow',
  'JSONLines',
  'JSONL',
  'NDJSON',
  'JSONStringsEachRow',
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
  'TSV',
  'TabSeparated',
  'TSVRaw',
  'TabSeparatedRaw',
  'Raw',
  'TSKV',
  'CSV',
  'RowBinary',
  'Native',
])

/** These have a beginning or an end, so they are made whole, within the limit on results. */
const WHOLE = new Set([
  'JSON',
  'JSONStrings',
  'JSONCompact',
  'JSONCompactStrings',
  'JSONColumns',
  'JSONCompactColumns',
  'JSONColumnsWithMetadata',
  'JSONObjectEachRow',
  'JSONEachRowWithProgress',
  'JSONStringsEachRowWithProgress',
  'JSONCompactEachRowWithProgress',
  'JSONCompactStringsEachRowWithProgress',
  'PrettyJSONEachRow',
  'PrettyJSONLines',
  'PrettyNDJSON',
  'GeoJSON',
  'JSONCompactEachRowWithNames',
  'JSONCompactEachRowWithNamesAndTypes',
  'JSONCompactStringsEachRowWithNames',
  'JSONCompactStringsEachRowWithNamesAndTypes',
  'TSVWithNames',
  'TSVWithNamesAndTypes',
  'TabSeparatedWithNames',
  'TabSeparatedWithNamesAndTypes',
  'TSVRawWithNames',
  'TSVRawWithNamesAndTypes',
  'TabSeparatedRawWithNames',
  'TabSeparatedRawWithNamesAndTypes',
  'RawWithNames',
  'RawWithNamesAndTypes',
  'LineAsString',
  'LineAsStringWithNames',
  'LineAsStringWithNamesAndTypes',
  'CustomSeparated',
  'CustomSeparatedWithNames',
  'CustomSeparatedWithNamesAndTypes',
  'CSVWithNames',
  'CSVWithNamesAndTypes',
  'RowBinaryWithNames',
  'RowBinaryWithNamesAndTypes',
  'Pretty',
  'PrettyCompact',
  'PrettySpace',
  'PrettyNoEscapes',
  'PrettyCompactNoEscapes',
  'PrettySpaceNoEscapes',
  'PrettyMonoBlock',
  'PrettyCompactMonoBlock',
  'PrettySpaceMonoBlock',
  'PrettyNoEscapesMonoBlock',
  'PrettyCompactNoEscapesMonoBlock',
  'PrettySpaceNoEscapesMonoBlock',
  'Vertical',
  'Values',
  'Markdown',
  'MD',
  'XML',
  'SQLInsert',
  'Prometheus',
  'Hash',
  'Null',
  'RawBLOB',
  'MsgPack',
  'BSONEachRow',
  'Avro',
  'ORC',
  'Npy',
  'Arrow',
  'ArrowStream',
  'Parquet',
])

/** Formats of the engine that readers do not get: they need a schema, a template or a registry, or are a part of another protocol. */
export const refusedFormats = [
  'Protobuf',
  'ProtobufList',
  'ProtobufSingle',
  'CapnProto',
  'Template',
  'AvroConfluent',
  'MySQLWire',
  'PostgreSQLWire',
  'ODBCDriver2',
  'Buffers',
  'PNG',
] as const

export const isKnownFormat = (name: string): boolean => JOINABLE.has(name) || WHOLE.has(name)
export const isJoinable = (name: string): boolean => JOINABLE.has(name)

/** Content-Type as ClickHouse gives it. */
export function contentTypeOf(format: string): string {
  if (/^(JSONEachRow|JSONL|JSONLines|NDJSON|JSON\w*EachRow\w*)$/.test(format)) return 'application/x-ndjson; charset=UTF-8'
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8'
  if (format.startsWith('CSV')) return `text/csv; charset=UTF-8; header=${format.includes('WithNames') ? 'present' : 'absent'}`
  if (/^(TSV|TSKV|TabSeparated|Raw(With|$))/.test(format)) return 'text/tab-separated-values; charset=UTF-8'
  if (/^(Native|RowBinary|Arrow|Parquet|RawBLOB|MsgPack|BSON|Avro|ORC|Npy)/.test(format)) return 'application/octet-stream'
  if (format === 'XML') return 'application/xml; charset=UTF-8'
  return 'text/plain; charset=UTF-8'
}
