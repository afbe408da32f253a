import { expect, test } from 'vitest'
import { readRequest } from '../../../../collector/src/store/http/read-request.ts'

const client = { user: 'u', address: '127.0.0.1' }
const read = (query: Record<string, string>, headers: { format?: string; database?: string } = {}, sql = 'SELECT 1') =>
  readRequest(sql, new URLSearchParams(query), { format: headers.format, database: headers.database }, client)

test('the format comes from the header, then the URL, then is TabSeparated', () => {
  expect(read({ default_format: 'CSV' }, { format: 'JSON' }).defaultFormat).toBe('JSON')
  expect(read({ default_format: 'CSV' }).defaultFormat).toBe('CSV')
  expect(read({ default_format: '' }, { format: '' }).defaultFormat).toBe('TabSeparated')
  expect(read({}, { format: 'JSON' }).defaultFormat).toBe('JSON')
  expect(read({}).defaultFormat).toBe('TabSeparated')
})

test('parameters are those that begin with param_', () => {
  expect(read({ param_a: '1', query_id: 'x', param_: '2' }).parameters).toEqual(
    new Map([
      ['a', '1'],
      ['', '2'],
    ]),
  )
})

test('whatever is not of the protocol is a setting', () => {
  const query = { query_id: 'x', user: 'u', password: 'p', database: 'spyglass', session_id: 's', param_a: '1', wait_end_of_query: '1' }
  expect(read({ ...query, max_block_size: '5', nosuch: 'x', max_execution_time: '2' }).settings).toEqual(
    new Map([
      ['max_block_size', '5'],
      ['nosuch', 'x'],
      ['max_execution_time', '2'],
    ]),
  )
  expect([read(query).waitForEnd, read({ wait_end_of_query: '0' }).waitForEnd]).toEqual([true, false])
})

test.each([
  [{ compress: '2' }, 36],
  [{ decompress: '2' }, 36],
  [{ stacktrace: '1' }, 48],
  [{ session_check: '1' }, 372],
  [{ role: 'spyglass_owner' }, 512],
  [{ wait_end_of_query: 'abc' }, 36],
  [{ session_check: 'yes' }, 36],
  [{ buffer_size: '-1' }, 36],
  [{ session_timeout: '1h' }, 36],
  [{ database: 'information_schema' }, 81],
  [{ database: 'nope' }, 81],
])('%j gives code %d', (query, number) => {
  expect(() => read(query as unknown as Record<string, string>)).toThrow(expect.objectContaining({ number }))
})

test('the same parameters that say no are nothing special, nor is our own database', () => {
  expect(read({ compress: '0', decompress: '0', session_check: '0', stacktrace: '0', database: 'default' }).settings.size).toBe(0)
  expect(() => read({}, { database: 'spyglass' })).not.toThrow()
  expect(() => read({}, { database: 'nope' })).toThrow(expect.objectContaining({ number: 81 }))
})

test('the database of the header comes before that of the URL; default means ours', () => {
  expect(read({}).database).toBe('spyglass')
  expect(read({ database: 'default' }).database).toBe('spyglass')
  expect(read({ database: 'system' }).database).toBe('system')
  expect(read({ database: 'system' }, { database: 'default' }).database).toBe('spyglass')
  expect(read({ database: 'spyglass' }, { database: 'system' }).database).toBe('system')
})

test('a statement must be there, and may have 262,144 characters', () => {
  expect(() => read({}, {}, ' \n')).toThrow(expect.objectContaining({ number: 62 }))
  expect(read({}, {}, 'x'.repeat(262_144)).sql).toHaveLength(262_144)
  expect(() => read({}, {}, 'x'.repeat(262_145))).toThrow(expect.objectContaining({ number: 218, status: 413 }))
})
