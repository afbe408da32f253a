import { expect, test } from 'vitest'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { eventLogRecord } from '@spyglass/agent/otlp'

const event: SpyglassEvent = {
  name: 'spyglass.pool.exhausted',
  incidentId: '0123456789abcdef',
  phase: 'raise',
  severity: 'critical',
  resource: 'spyglass:type=Datasource,instance=http-1,name=shop',
  time: 1_700_000_000_000,
  message: 'pool shop is exhausted',
  attributes: { lent: 4 },
}

test('an event becomes a log record with its name, its message and its incident', () => {
  expect(eventLogRecord(event)).toEqual({
    timeMs: event.time,
    severityNumber: 21,
    severityText: 'FATAL',
    body: event.message,
    eventName: event.name,
    attributes: {
      lent: 4,
      'spyglass.incident.id': event.incidentId,
      'spyglass.event.phase': 'raise',
      'spyglass.event.resource': event.resource,
      'spyglass.event.holders': undefined,
    },
  })
})

test.each([
  ['info', 9],
  ['warning', 13],
  ['critical', 21],
] as const)('%s has the severity number %d', (severity, number) => {
  expect(eventLogRecord({ ...event, severity }).severityNumber).toBe(number)
})

test('holders travel as JSON', () => {
  const holder = {
    connection: 1,
    heldMs: 5,
    route: '/a',
    traceId: '',
    statement: '',
    location: 'a.js:1',
    leaked: false,
    stack: [],
  }
  const text = eventLogRecord({ ...event, holders: [holder] }).attributes?.['spyglass.event.holders']
  expect(JSON.parse(String(text))).toEqual([holder])
})
