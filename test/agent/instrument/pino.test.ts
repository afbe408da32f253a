import { expect, test } from 'vitest'
import { severityOf, withIds } from '../../../agent/src/instrument/pino.ts'

const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }

test('ids become the last fields of a line', () => {
  expect(JSON.parse(withIds('{"level":30,"msg":"x"}\n', ids))).toEqual({ level: 30, msg: 'x', trace_id: ids.traceId, span_id: ids.spanId })
})

test('a line that has ids, or is no object, stays as it is', () => {
  for (const line of ['{"trace_id":"x"}\n', 'plain text\n', '']) expect(withIds(line, ids)).toBe(line)
})

test.each([
  [10, 1],
  [20, 5],
  [30, 9],
  [35, 9],
  [40, 13],
  [50, 17],
  [60, 21],
  [1000, 21],
  [1, 1],
])('pino’s level %d is the severity number %d', (level, severity) => {
  expect(severityOf(level)).toBe(severity)
})
