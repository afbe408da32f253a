import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { protobufFromJson } from '../../../collector/src/decode/otlp-json.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { attributes, NOW, WINDOW } from '../../support/otlp-samples.ts'

const decoder = new OtlpDecoder()
const nanos = (ms: number): string => String(BigInt(ms) * 1_000_000n)

function rowsOf(body: Buffer, isJson = false) {
  const decoded = decoder.decode(body, { signal: 'logs', isJson, window: WINDOW })
  const rows = decoded.blocks.map((block) => [block.table, readNative(block.encode('batch-1'))] as const)
  return { ...decoded, tables: Object.fromEntries(rows) }
}

const record = fc.record({
  time: fc.integer({ min: NOW - 1e7, max: NOW }),
  severity: fc.integer({ min: 0, max: 24 }),
  severityText: fc.constantFrom('', 'INFO', 'ERROR'),
  body: fc.string({ unit: 'grapheme' }),
  traceId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  flags: fc.integer({ min: 0, max: 255 }),
  attributes,
})

test('log records come back as the exporter’s rows, from protobuf and from JSON alike', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), attributes, attributes, (records, resource, scope) => {
      const request = (id: (bytes: Uint8Array) => unknown): object => ({
        resourceLogs: [
          {
            resource: { attributes: resource.proto },
            schemaUrl: 'https://r',
            scopeLogs: [
              {
                schemaUrl: 'https://s',
                scope: { name: 'lib', version: '1', attributes: scope.proto },
                logRecords: records.map((one) => ({
                  timeUnixNano: nanos(one.time),
                  severityNumber: one.severity,
                  severityText: one.severityText,
                  body: { stringValue: one.body },
                  traceId: id(one.traceId),
                  flags: one.flags,
                  attributes: one.attributes.proto,
                })),
              },
            ],
          },
        ],
      })
      const expected = records.map((one) => ({
        Timestamp: BigInt(one.time) * 1_000_000n,
        TimestampTime: Math.floor(one.time / 1000),
        TraceId: Buffer.from(one.traceId).toString('hex'),
        SpanId: '',
        TraceFlags: one.flags,
        SeverityText: one.severityText,
        SeverityNumber: one.severity,
        ServiceName: resource.map['service.name'] ?? '',
        Body: one.body,
        ResourceSchemaUrl: 'https://r',
        ResourceAttributes: resource.map,
        ScopeSchemaUrl: 'https://s',
        ScopeName: 'lib',
        ScopeVersion: '1',
        ScopeAttributes: scope.map,
        LogAttributes: one.attributes.map,
        EventName: '',
        Batch: 'batch-1',
      }))
      expect(
        rowsOf(
          encodeOtlp(
            'Logs',
            request((bytes) => Buffer.from(bytes)),
          ),
        ).tables['otel_logs'],
      ).toEqual(expected)
      const json = Buffer.from(JSON.stringify(request((bytes) => Buffer.from(bytes).toString('hex'))))
      expect(rowsOf(json, true).tables['otel_logs']).toEqual(expected)
    }),
    { numRuns: 100 },
  )
})

test('a record without a time takes the time at which it was observed', () => {
  const body = encodeOtlp('Logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ observedTimeUnixNano: nanos(NOW) }] }] }] })
  expect(rowsOf(body).tables['otel_logs']).toMatchObject([{ Timestamp: BigInt(NOW) * 1_000_000n }])
})

test('a record with one of our event names is an event as well', () => {
  const holders = [{ connection: 1, heldMs: 5 }]
  const text = (key: string, value: string): object => ({ key, value: { stringValue: value } })
  const logRecords = [
    {
      timeUnixNano: nanos(NOW),
      eventName: 'spyglass.pool.exhausted',
      body: { stringValue: 'all lent' },
      attributes: [
        text('spyglass.incident.id', 'abc'),
        text('spyglass.event.phase', 'raise'),
        text('spyglass.event.resource', 'spyglass:type=Datasource,name=shop'),
        text('spyglass.event.holders', JSON.stringify(holders)),
        text('waiting', '3'),
      ],
    },
    { timeUnixNano: nanos(NOW), eventName: 'spyglass.unknown' },
    { timeUnixNano: nanos(NOW), eventName: 'other.event' },
  ]
  const resource = { attributes: [text('service.name', 'shop'), text('service.instance.id', 'http-1')] }
  const { events, tables } = rowsOf(encodeOtlp('Logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }))
  expect(events.map(({ event }) => event)).toEqual([
    {
      name: 'spyglass.pool.exhausted',
      incidentId: 'abc',
      phase: 'raise',
      severity: 'critical',
      resource: 'spyglass:type=Datasource,name=shop',
      time: NOW,
      message: 'all lent',
      attributes: { waiting: '3' },
      holders,
    },
  ])
  expect(tables['events']).toEqual([
    {
      Time: BigInt(NOW),
      Name: 'spyglass.pool.exhausted',
      IncidentId: 'abc',
      Phase: 'raise',
      Severity: 'critical',
      Resource: 'spyglass:type=Datasource,name=shop',
      ServiceName: 'shop',
      Instance: 'http-1',
      Message: 'all lent',
      Attributes: { waiting: '3' },
      Holders: JSON.stringify(holders),
      Batch: 'batch-1',
    },
  ])
  expect(tables['otel_logs']).toHaveLength(3)
})

test('JSON that is no OTLP throws SPY_OTLP_JSON, whatever it is', () => {
  const failureOf = (body: Buffer): string | undefined => {
    try {
      protobufFromJson(body, 'logs')
      return undefined
    } catch (error) {
      return codeOf(error) ?? 'uncoded'
    }
  }
  for (const text of [
    '',
    '[]',
    'null',
    '{',
    '{"resourceLogs":5}',
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"xyz"}]}]}]}',
  ]) {
    expect(failureOf(Buffer.from(text))).toBe('SPY_OTLP_JSON')
  }
  expect(failureOf(Buffer.from('{"resourceLogs":[{"unknown":{"a":[1]}}]}'))).toBeUndefined()
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect([undefined, 'SPY_OTLP_JSON']).toContain(failureOf(Buffer.from(JSON.stringify({ resourceLogs: value }))))
    }),
  )
})
