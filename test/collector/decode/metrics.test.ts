import { expect, test } from 'vitest'
import { digestOf } from '@spyglass/agent/sql'
import { bucketIndex } from '@spyglass/agent/contract'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { NOW, WINDOW } from '../../support/otlp-samples.ts'

const decoder = new OtlpDecoder()
const time = String(BigInt(NOW) * 1_000_000n)
const text = (key: string, value: string): object => ({ key, value: { stringValue: value } })

function decode(metrics: readonly object[], resource: readonly object[] = []) {
  const body = encodeOtlp('Metrics', {
    resourceMetrics: [
      { resource: { attributes: resource }, scopeMetrics: [{ scope: { name: 'lib', droppedAttributesCount: 2 }, metrics }] },
    ],
  })
  const decoded = decoder.decode(body, { signal: 'metrics', isJson: false, window: WINDOW })
  return { ...decoded, tables: Object.fromEntries(decoded.blocks.map((block) => [block.table, readNative(block.encode('b'))])) }
}

const exemplar = {
  timeUnixNano: time,
  asDouble: 1.5,
  spanId: Buffer.alloc(8, 1),
  traceId: Buffer.alloc(16, 2),
  filteredAttributes: [text('k', 'v')],
}
const exemplarColumns = {
  'Exemplars.FilteredAttributes': [{ k: 'v' }],
  'Exemplars.TimeUnix': [BigInt(time)],
  'Exemplars.Value': [1.5],
  'Exemplars.SpanId': ['0101010101010101'],
  'Exemplars.TraceId': ['02'.repeat(16)],
}

test('the five kinds of metric go to their tables with the exporter’s values', () => {
  const point = { timeUnixNano: time, startTimeUnixNano: time, attributes: [text('a', 'b')], exemplars: [exemplar], flags: 1 }
  const { tables, accepted } = decode(
    [
      {
        name: 'g',
        unit: 'By',
        description: 'a gauge',
        gauge: {
          dataPoints: [
            { ...point, asInt: '-7' },
            { ...point, asDouble: 0.5 },
          ],
        },
      },
      { name: 's', sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...point, asDouble: 2 }] } },
      {
        name: 'h',
        histogram: {
          aggregationTemporality: 1,
          dataPoints: [{ ...point, count: '3', sum: 6, bucketCounts: ['1', '2'], explicitBounds: [1], min: 0.5, max: 3 }],
        },
      },
      {
        name: 'e',
        exponentialHistogram: {
          aggregationTemporality: 1,
          dataPoints: [
            {
              ...point,
              count: '4',
              sum: 1,
              scale: -1,
              zeroCount: '1',
              positive: { offset: -3, bucketCounts: ['1', '0', '300'] },
              negative: { offset: 2, bucketCounts: ['1'] },
              min: 0,
              max: 9,
            },
          ],
        },
      },
      { name: 'q', summary: { dataPoints: [{ timeUnixNano: time, count: '2', sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] }] } },
    ],
    [text('service.name', 'shop')],
  )
  expect(accepted).toBe(6)
  const common = {
    ServiceName: 'shop',
    ScopeName: 'lib',
    ScopeDroppedAttrCount: 2,
    TimeUnix: BigInt(time),
    ResourceAttributes: { 'service.name': 'shop' },
  }
  const shared = { ...common, ...exemplarColumns, Attributes: { a: 'b' }, StartTimeUnix: BigInt(time), Flags: 1 }
  expect(tables['otel_metrics_gauge']).toMatchObject([
    { ...shared, MetricName: 'g', MetricUnit: 'By', MetricDescription: 'a gauge', Value: -7 },
    { ...shared, Value: 0.5 },
  ])
  expect(tables['otel_metrics_sum']).toMatchObject([{ ...shared, Value: 2, AggregationTemporality: 2, IsMonotonic: 1 }])
  expect(tables['otel_metrics_histogram']).toMatchObject([
    { ...shared, Count: 3, Sum: 6, BucketCounts: [1, 2], ExplicitBounds: [1], Min: 0.5, Max: 3, AggregationTemporality: 1 },
  ])
  expect(tables['otel_metrics_exp_histogram']).toMatchObject([
    {
      ...shared,
      Count: 4,
      Scale: -1,
      ZeroCount: 1,
      PositiveOffset: -3,
      PositiveBucketCounts: [1, 0, 300],
      NegativeOffset: 2,
      NegativeBucketCounts: [1],
      Max: 9,
    },
  ])
  expect(tables['otel_metrics_summary']).toMatchObject([
    { ...common, Count: 2, Sum: 3, 'ValueAtQuantiles.Quantile': [0.5], 'ValueAtQuantiles.Value': [1] },
  ])
})

const durations = (name: string, attributes: readonly object[], temporality = 1): object => ({
  name,
  exponentialHistogram: {
    aggregationTemporality: temporality,
    dataPoints: [
      {
        timeUnixNano: time,
        attributes,
        count: '10000',
        sum: 20,
        scale: 4,
        positive: { offset: bucketIndex(0.002), bucketCounts: ['10000'] },
        max: 0.002,
      },
    ],
  },
})
const announces = [
  text('service.name', 'shop'),
  text('service.instance.id', 'http-1'),
  { key: 'spyglass.aggregates', value: { boolValue: true } },
]

test('10,000 requests in an aggregate count 10,000 in red_1m', () => {
  const { tables } = decode(
    [durations('http.server.request.duration', [text('http.request.method', 'GET'), text('http.route', '/x')])],
    announces,
  )
  expect(tables['red_1m']).toEqual([
    {
      Minute: Math.floor((NOW / 1000 - 0.001) / 60) * 60,
      ServiceName: 'shop',
      Instance: 'http-1',
      SpanName: 'GET /x',
      SpanKind: 'Server',
      StatusCode: 'Unset',
      Requests: 10_000,
      Errors: 0,
      DurationSum: 20e9,
      DurationMax: 2e6,
      Buckets: { [bucketIndex(0.002)]: 10_000 },
      Batch: 'b',
    },
  ])
})

test('aggregates of statements go to sql_1m with digest, text and errors', () => {
  const attributes = [
    text('db.system.name', 'sqlite'),
    text('db.client.connection.pool.name', 'shop'),
    text('spyglass.sql.digest', '0123456789abcdef'),
    text('db.query.text', 'SELECT ?'),
    text('db.operation.name', 'SELECT'),
    text('error.type', 'SqliteError'),
  ]
  expect(decode([durations('db.client.operation.duration', attributes)], announces).tables['sql_1m']).toMatchObject([
    {
      DbSystem: 'sqlite',
      Pool: 'shop',
      Digest: digestOf('SELECT ?'),
      Operation: 'SELECT',
      Statement: 'SELECT ?',
      Calls: 10_000,
      Errors: 10_000,
    },
  ])
})

test('cumulative points and senders that announce nothing feed no rollup', () => {
  expect(decode([durations('http.server.request.duration', [], 2)], announces).tables['red_1m']).toBeUndefined()
  expect(decode([durations('http.server.request.duration', [])]).tables['red_1m']).toBeUndefined()
})

test('a point outside the time window is rejected by itself', () => {
  const { accepted, rejected } = decode([
    {
      name: 'g',
      gauge: {
        dataPoints: [
          { timeUnixNano: '5', asDouble: 1 },
          { timeUnixNano: time, asDouble: 1 },
        ],
      },
    },
  ])
  expect([accepted, rejected]).toEqual([1, 1])
})
