import { expect, test } from 'vitest'
import type { LogRecord } from '@spyglass/agent/otlp'
import { LogSink, isSecret, lineAttributes } from '../../../agent/src/logs/log-sink.ts'

test('secrets are redacted at any depth, whatever the case of their names', () => {
  expect(lineAttributes({ Password: 'x', user: { apiKey: 'y', name: 'z' }, n: 1, none: null })).toEqual({
    Password: '[redacted]',
    user: '{"apiKey":"[redacted]","name":"z"}',
    n: 1,
    none: undefined,
  })
  expect(isSecret('Authorization')).toBe(true)
})

test('an error is told by the names of the semantic conventions', () => {
  expect(lineAttributes({ err: { type: 'TypeError', message: 'm', stack: 's' } })).toEqual({
    'exception.type': 'TypeError',
    'exception.message': 'm',
    'exception.stacktrace': 's',
  })
})

test('a line is bounded', () => {
  const records: LogRecord[] = []
  const sink = new LogSink({ exportLogs: (logs) => void records.push(...logs) })
  sink.write({ timeMs: 1, severityNumber: 9, severityText: 'INFO', body: 'x'.repeat(100_000), ids: undefined })
  expect(records[0]?.body.length).toBe(16_385)
})
