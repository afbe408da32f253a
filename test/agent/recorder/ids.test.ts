import { expect, test } from 'vitest'
import { newSpanId, newTraceId } from '../../../agent/src/recorder/ids.ts'

test('a trace id has 32 hexadecimal digits, a span id 16, and none comes twice', () => {
  const ids = Array.from({ length: 5000 }, (_, at) => (at % 3 === 0 ? newTraceId() : newSpanId()))
  for (const [at, id] of ids.entries()) expect(id).toMatch(at % 3 === 0 ? /^[\da-f]{32}$/ : /^[\da-f]{16}$/)
  expect(new Set(ids).size).toBe(ids.length)
})

test('every digit comes as often as any other', () => {
  const counts = new Map<string, number>()
  for (let n = 0; n < 30_000; n++) for (const digit of newTraceId()) counts.set(digit, (counts.get(digit) ?? 0) + 1)
  expect(counts.size).toBe(16)
  for (const count of counts.values()) expect(Math.abs(count - 60_000)).toBeLessThan(2500) // ten standard deviations
})
