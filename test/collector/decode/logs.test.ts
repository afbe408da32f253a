import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { AS_SENT, attributes, NOW, WINDOW } from '../../support/otlp-samples.ts'

const decoder = new OtlpDecoder(AS_SENT)
const nanos = (ms: number): string => String(BigInt(ms) * 1_000_000n)

function rowsOf(body: Buffer, isJson = false) {
  const decoded = decoder.decode(body, { signal: 'logs', isJson, window: WINDOW, isKnown: true })
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

test('a severity beyond a byte is none', () => {
  const logRecords = [17, 255, 256, 300].map((severityNumber) => ({ timeUnixNano: nanos(NOW), severityNumber }))
  const rows = rowsOf(encodeOtlp('Logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] })).tables['otel_logs'] ?? []
  expect(rows.map(({ SeverityNumber }) => SeverityNumber)).toEqual([17, 255, 0, 0])
})

test('a record with one of our event names is an event as well', () => {
  const statement = 'SELECT id FROM product WHERE stock < ?'
  const holders = [
    { connection: 1, heldMs: 463, route: '/shop/leak', statement, location: 'src/faults.ts:12', stack: ['f (src/faults.ts:12:3)'] },
    { connection: 2, heldMs: 5, statement },
  ]
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
      Server: '',
      Application: '',
      Message: 'all lent',
      Attributes: { waiting: '3' },
      Holders: JSON.stringify(holders),
      Batch: 'batch-1',
    },
  ])
  expect(tables['otel_logs']).toHaveLength(3)
})

test('ids of zeros are empty, bad ones cost their record alone', () => {
  const time = { timeUnixNano: nanos(NOW) }
  const logRecords = [
    { ...time, body: { stringValue: 'zeros' }, traceId: Buffer.alloc(16), spanId: Buffer.alloc(8) },
    { ...time, body: { stringValue: 'bad' }, traceId: Buffer.alloc(3, 1) },
    { ...time, body: { stringValue: 'good' }, traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1) },
  ]
  const { tables, rejected } = rowsOf(encodeOtlp('Logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }))
  expect(tables['otel_logs']).toMatchObject([
    { Body: 'zeros', TraceId: '', SpanId: '' },
    { Body: 'good', TraceId: '01'.repeat(16), SpanId: '01'.repeat(8) },
  ])
  expect(rejected).toBe(1)
})

test('bodies, names, severities and schema URLs are cut between characters, and counted', () => {
  const long = (bytes: number): string => '连'.repeat(bytes)
  const logRecords = [
    { timeUnixNano: nanos(NOW), body: { stringValue: long(30_000) }, severityText: long(400), eventName: long(400) },
    { timeUnixNano: nanos(NOW), body: { kvlistValue: { values: [{ key: '连', value: { stringValue: long(30_000) } }] } } },
  ]
  const scope = { name: long(400), version: long(400) }
  const scopeLogs = [{ scope, schemaUrl: long(400), logRecords }]
  const { tables, truncated, message } = rowsOf(encodeOtlp('Logs', { resourceLogs: [{ schemaUrl: long(400), scopeLogs }] }))
  const [row, other] = tables['otel_logs'] ?? []
  for (const name of ['Body', 'SeverityText', 'EventName', 'ResourceSchemaUrl', 'ScopeSchemaUrl', 'ScopeName', 'ScopeVersion']) {
    expect(row?.[name], name).toMatch(/^连+$/)
  }
  expect(other?.['Body']).toMatch(/^\{"连":"连+$/)
  expect(truncated).toBe(8)
  expect(message).toContain('2 × schema URLs longer than 1024 bytes were cut')
})

test('a record without any time gets that of its receipt, and the response says so', () => {
  const { tables, message } = rowsOf(encodeOtlp('Logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 9 }] }] }] }))
  expect(tables['otel_logs']).toMatchObject([{ Timestamp: BigInt(NOW) * 1_000_000n, TimestampTime: NOW / 1000 }])
  expect(message).toContain('log records without a time')
})

test('the resource is one, in whatever order its attributes come', () => {
  const attributes = ['b', 'a', 'c'].map((key) => ({ key, value: { stringValue: key } }))
  const group = (list: object[]): object => ({
    resource: { attributes: list },
    scopeLogs: [{ logRecords: [{ timeUnixNano: nanos(NOW) }] }],
  })
  const { tables } = rowsOf(encodeOtlp('Logs', { resourceLogs: [group(attributes), group(attributes.toReversed())] }))
  const keys = tables['otel_logs']?.map((row) => Object.keys(row['ResourceAttributes'] as object))
  expect(keys).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ])
})
