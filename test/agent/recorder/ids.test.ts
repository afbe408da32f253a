import { expect, test } from 'vitest'
import { newSpanId, newTraceId } from '../../../agent/src/recorder/ids.ts'

test('a trace id has 32 hexadecimal digits, a span id 16, and none comes twice', () => {
  const ids = Array.from({ length: 5000 }, (_, at) => (at % 3 === 0 ? newTraceId() : newSpanId()))
  for (const [at, id] of ids.entries()) expect(id).toMatch(at % 3 === 0 ? /^[\da-f]{32}$/ : /^[\da-f]{16}$/)
  expect(new Set(ids).size).toBe(ids.length)
})
