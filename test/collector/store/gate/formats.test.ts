import { expect, test } from 'vitest'
import { contentTypeOf, formatNamed, isJoinable, refusedFormats } from '../../../../collector/src/store/gate/formats.ts'

test.each([...refusedFormats, 'Nosuch', ''])('%s is not known', (name) => {
  expect(formatNamed(name)).toBeUndefined()
})

test('formats with a beginning or an end are not joined from chunks', () => {
  for (const name of ['JSON', 'CSVWithNames', 'Pretty', 'XML', 'Parquet', 'Values'])
    expect([formatNamed(name), isJoinable(name)]).toEqual([name, false])
  for (const name of ['JSONEachRow', 'TabSeparated', 'Native', 'RowBinary']) expect(isJoinable(name)).toBe(true)
})

test.each([
  ['JSON', 'application/json; charset=UTF-8'],
  ['JSONEachRow', 'application/x-ndjson; charset=UTF-8'],
  ['JSONCompactEachRowWithNames', 'text/plain; charset=UTF-8'],
  ['CSV', 'text/csv; charset=UTF-8; header=absent'],
  ['CSVWithNames', 'text/csv; charset=UTF-8; header=present'],
  ['JSONL', 'application/x-ndjson; charset=UTF-8'],
  ['TSKV', 'text/tab-separated-values; charset=UTF-8'],
  ['Raw', 'text/tab-separated-values; charset=UTF-8'],
  ['RawBLOB', 'text/plain; charset=UTF-8'],
  ['TSV', 'text/tab-separated-values; charset=UTF-8'],
  ['Native', 'application/octet-stream'],
  ['XML', 'application/xml; charset=UTF-8'],
  ['Pretty', 'text/plain; charset=UTF-8'],
])('%s is sent as %s', (format, type) => expect(contentTypeOf(format)).toBe(type))

test('an array of rows is JSON, and not joined from chunks that would each be one', () => {
  const settings = new Map([['output_format_json_array_of_rows', '1']])
  for (const name of ['JSONEachRow', 'JSONLines', 'NDJSON', 'JSONStringsEachRow'])
    expect([isJoinable(name), isJoinable(name, settings), contentTypeOf(name, settings)]).toEqual([
      true,
      false,
      'application/json; charset=UTF-8',
    ])
  for (const name of ['TSV', 'JSONCompactEachRow']) expect(isJoinable(name, settings)).toBe(true)
})

test.each(['jsoneachrow', 'JSONEACHROW', 'JsonEachRow'])('%s is JSONEachRow', (name) => expect(formatNamed(name)).toBe('JSONEachRow'))
