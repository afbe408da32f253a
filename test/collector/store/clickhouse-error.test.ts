import { expect, test } from 'vitest'
import { ClickhouseError, clickhouseCodes, fromEngine, refuse } from '../../../collector/src/store/clickhouse-error.ts'

test('a refusal has the text, code and status that ClickHouse gives', () => {
  const error = refuse('REQUIRED_PASSWORD', 'Authentication required')
  expect(error.wireText).toBe('Code: 194. DB::Exception: Authentication required. (REQUIRED_PASSWORD)')
  expect([error.number, error.code, error.status]).toEqual([194, 'CH_194', 401])
})

test.each([
  [clickhouseCodes.ACCESS_DENIED, 403],
  [clickhouseCodes.QUERY_IS_PROHIBITED, 403],
  [clickhouseCodes.TOO_MANY_SIMULTANEOUS_QUERIES, 503],
  [clickhouseCodes.NOT_ENOUGH_SPACE, 503],
  [clickhouseCodes.UNKNOWN_TABLE, 404],
  [clickhouseCodes.SYNTAX_ERROR, 400],
  [clickhouseCodes.FILE_DOESNT_EXIST, 404],
  [clickhouseCodes.QUERY_IS_TOO_LARGE, 413],
  [clickhouseCodes.TIMEOUT_EXCEEDED, 408],
])('code %d has status %d', (code, status) => {
  expect(new ClickhouseError(code, '').status).toBe(status)
})

test('an error of the engine keeps its text and number, any other becomes code 1002', () => {
  const cause = new Error('Code: 47. DB::Exception: Unknown identifier. (UNKNOWN_IDENTIFIER)\n')
  expect(fromEngine(cause)).toMatchObject({ number: 47, wireText: cause.message.trim(), cause })
  expect(fromEngine(new Error('boom'))).toMatchObject({ number: 1002, wireText: 'Code: 1002. DB::Exception: boom. (UNKNOWN_EXCEPTION)' })
  expect(fromEngine(undefined).number).toBe(1002)
  const own = refuse('READONLY', 'x')
  expect(fromEngine(own)).toBe(own)
})
