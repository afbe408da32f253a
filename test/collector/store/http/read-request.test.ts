import { expect, test } from 'vitest'
import { readRequest } from '../../../../collector/src/store/http/read-request.ts'

const defaults = { header: undefined, timeoutMs: 30_000 }
const read = (query: Record<string, string>, header?: string) =>
  readRequest('SELECT 1', new URLSearchParams(query), { ...defaults, header })

test('the format comes from the URL, then the header, then is TabSeparated', () => {
  expect(read({ default_format: 'CSV' }, 'JSON').defaultFormat).toBe('CSV')
  expect(read({}, 'JSON').defaultFormat).toBe('JSON')
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

test.each([
  ['5', 5000],
  ['0.2', 200],
  ['0', 30_000],
  ['3600', 30_000],
  ['-1', 30_000],
  ['nonsense', 30_000],
])('max_execution_time=%s gives %d ms', (max_execution_time, timeoutMs) => {
  expect(read({ max_execution_time }).timeoutMs).toBe(timeoutMs)
})

test('an empty or endless statement and another database are refused', () => {
  const query = new URLSearchParams()
  expect(() => readRequest(' \n', query, defaults)).toThrow(expect.objectContaining({ number: 62 }))
  expect(() => readRequest('x'.repeat(300_000), query, defaults)).toThrow(expect.objectContaining({ number: 218 }))
  expect(() => read({ database: 'system' })).toThrow(expect.objectContaining({ number: 81 }))
  expect(() => read({ database: 'spyglass' })).not.toThrow()
})
