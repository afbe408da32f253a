/** Output formats a client may ask for, and how their answers can be sent. Formats that read a schema or template file are not here. */

/** Chunks of these joined are the whole answer, so they are streamed. */
const JOINABLE = new Set([
  'JSONEachRow',
  'JSONLines',
  'NDJSON',
  'JSONStringsEachRow',
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
  'TSV',
  'TabSeparated',
  'TSVRaw',
  'TabSeparatedRaw',
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
  'CSVWithNames',
  'CSVWithNamesAndTypes',
  'RowBinaryWithNames',
  'RowBinaryWithNamesAndTypes',
  'Pretty',
  'PrettyCompact',
  'PrettySpace',
  'PrettyNoEscapes',
  'PrettyCompactNoEscapes',
  'PrettyMonoBlock',
  'PrettyCompactMonoBlock',
  'Vertical',
  'Values',
  'Markdown',
  'XML',
  'Null',
  'Arrow',
  'ArrowStream',
  'Parquet',
])

export const isKnownFormat = (name: string): boolean => JOINABLE.has(name) || WHOLE.has(name)
export const isJoinable = (name: string): boolean => JOINABLE.has(name)

/** Content-Type as ClickHouse gives it. */
export function contentTypeOf(format: string): string {
  if (/^(JSONEachRow|JSONLines|NDJSON|JSON\w*EachRow\w*)$/.test(format)) return 'application/x-ndjson; charset=UTF-8'
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8'
  if (format.startsWith('CSV')) return `text/csv; charset=UTF-8; header=${format.includes('WithNames') ? 'present' : 'absent'}`
  if (/^(TSV|TabSeparated)/.test(format)) return 'text/tab-separated-values; charset=UTF-8'
  if (/^(Native|RowBinary|Arrow|Parquet)/.test(format)) return 'application/octet-stream'
  if (format === 'XML') return 'application/xml; charset=UTF-8'
  return 'text/plain; charset=UTF-8'
}
