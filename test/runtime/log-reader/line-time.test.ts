import { expect, test } from 'vitest'
import { sinceOf, timeOf } from '../../../runtime/src/log-reader/line-time.ts'

test('the time of a line is that of its field, as text or as pino writes it', () => {
  expect(timeOf('{"level":"info","time":"2026-11-26T12:00:00.000Z","msg":"a"}')).toBe(Date.UTC(2026, 10, 26, 12))
  expect(timeOf('{"level":30,"time":1795694400000,"msg":"a"}')).toBe(1_795_694_400_000)
  expect(timeOf('    at handler (src/orders.ts:41:7)')).toBeUndefined()
  expect(timeOf('{"time":"soon"}')).toBeUndefined()
})

test('a time to begin from is a span before now, or a date in local time unless it names its zone', () => {
  const now = Date.UTC(2026, 10, 26, 12)
  expect(sinceOf('30m', now)).toBe(now - 1_800_000)
  expect(sinceOf('2026-11-26', now)).toBe(new Date(2026, 10, 26).getTime())
  expect(sinceOf('2026-11-26 14:05', now)).toBe(new Date(2026, 10, 26, 14, 5).getTime())
  expect(sinceOf('2026-11-26T14:05:06Z', now)).toBe(Date.UTC(2026, 10, 26, 14, 5, 6))
  for (const text of ['', 'yesterday', '30', '2026-13-01', '26.11.2026', '-5m']) expect(sinceOf(text, now)).toBeUndefined()
})
