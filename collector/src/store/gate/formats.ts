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

const NAMES = new Map([...JOINABLE, ...WHOLE].map((name) => [name.toLowerCase(), name]))

/** The format of this name in any case, as the engine reads it; undefined when readers do not get it. */
export const formatNamed = (name: string): string | undefined => NAMES.get(name.toLowerCase())

/** Settings of a statement, as far as they change the form of its answer. */
export type FormatSettings = ReadonlyMap<string, string>

/** Whether chunks in this format, joined, are the whole answer. An array of rows is opened and closed in each chunk. */
export const isJoinable = (name: string, settings: FormatSettings = new Map()): boolean =>
  JOINABLE.has(name) && !(ROWS_OF_JSON.test(name) && isArray(settings))

const ROWS_OF_JSON = /^(Pretty)?(JSON(Strings)?EachRow|JSONL|JSONLines|NDJSON)$/
const isArray = (settings: FormatSettings): boolean => /^(1|true)$/.test(settings.get('output_format_json_array_of_rows') ?? '')

/** Content types as the engine lists them in `system.formats`; the first that matches. */
const CONTENT_TYPES: readonly (readonly [RegExp, string])[] = [
  [ROWS_OF_JSON, 'application/x-ndjson; charset=UTF-8'],
  [/^GeoJSON$/, 'application/geo+json; charset=UTF-8'],
  [/^JSONCompact(Strings)?EachRow(WithNames(AndTypes)?)?$/, 'text/plain; charset=UTF-8'],
  [/^JSON/, 'application/json; charset=UTF-8'],
  [/^CSV$/, 'text/csv; charset=UTF-8; header=absent'],
  [/^CSV/, 'text/csv; charset=UTF-8; header=present'],
  [/^RawBLOB$/, 'text/plain; charset=UTF-8'],
  [/^(TSV|TSKV|TabSeparated|Raw|LineAsString)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^(Native|RowBinary|Arrow|Parquet|MsgPack|BSON|Avro|ORC|Npy)/, 'application/octet-stream'],
  [/^XML$/, 'application/xml; charset=UTF-8'],
  [/^Prometheus$/, 'text/plain; version=0.0.4; charset=UTF-8'],
]

/** Content-Type as ClickHouse gives it. */
export function contentTypeOf(format: string, settings: FormatSettings = new Map()): string {
  if (ROWS_OF_JSON.test(format) && isArray(settings)) return 'application/json; charset=UTF-8'
  return CONTENT_TYPES.find(([names]) => names.test(format))?.[1] ?? 'text/plain; charset=UTF-8'
}
