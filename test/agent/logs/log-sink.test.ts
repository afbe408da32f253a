import { expect, test } from 'vitest'
import type { LogRecord } from '@spyglass/agent/otlp'
import { LogSink, lineAttributes } from '../../../agent/src/logs/log-sink.ts'

test('secrets are redacted at any depth, whatever the case of their names', () => {
  expect(lineAttributes({ Password: 'x', user: { apiKey: 'y', name: 'z' }, n: 1, none: null })).toEqual({
    Password: '[redacted]',
    user: '{"apiKey":"[redacted]","name":"z"}',
    n: 1,
    none: undefined,
  })
})

test('an error is recorded under the names of the semantic conventions', () => {
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

test('text and attributes of any logger lose what looks like a secret', () => {
  const records: LogRecord[] = []
  const sink = new LogSink({ exportLogs: (logs) => void records.push(...logs) })
  const attributes = { 'exception.message': 'password=hunter2', 'exception.stacktrace': 'Error: Bearer abcdef123', n: 1, sessionId: 's' }
  sink.write({ timeMs: 1, severityNumber: 9, severityText: 'INFO', body: "{ password: 'hunter2' }", attributes, ids: undefined })
  expect(records[0]).toMatchObject({
    body: "{ password: '[redacted]' }",
    attributes: {
      'exception.message': 'password=[redacted]',
      'exception.stacktrace': 'Error: Bearer [redacted]',
      n: 1,
      sessionId: '[redacted]',
    },
  })
})

test('a raw list of headers loses the values of secret names', () => {
  expect(lineAttributes({ rawHeaders: ['Host', 'a', 'Cookie', 'b=c'], req: { rawHeaders: ['X-Api-Key', 's'] } })).toEqual({
    rawHeaders: '["Host","a","Cookie","[redacted]"]',
    req: '{"rawHeaders":["X-Api-Key","[redacted]"]}',
  })
})
