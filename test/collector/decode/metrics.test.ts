import { expect, test } from 'vitest'
import { digestOf } from '@spyglass/agent/sql'
import { bucketIndex } from '@spyglass/agent/contract'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { AS_SENT, NOW, WINDOW } from '../../support/otlp-samples.ts'

const decoder = new OtlpDecoder(AS_SENT)
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
      Version: '',
      Server: '',
      Application: '',
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

test('a point outside the time window is rejected by itself, one without a time gets that of its receipt', () => {
  const gauge = { dataPoints: [{ timeUnixNano: '5', asDouble: 1 }, { timeUnixNano: time, asDouble: 1 }, { asDouble: 1 }] }
  const { accepted, rejected, message, tables } = decode([{ name: 'g', gauge }])
  expect([accepted, rejected]).toEqual([2, 1])
  expect(message).toContain('outside the retention of 7 days')
  expect(message).toContain('data points without a time')
  expect(tables['otel_metrics_gauge']).toMatchObject([{ TimeUnix: BigInt(time) }, { TimeUnix: BigInt(time) }])
})

const point = { timeUnixNano: time }
const good = { name: 'good', gauge: { dataPoints: [{ ...point, asDouble: 1 }] } }
const many = (count: number): string[] => Array.from({ length: count }, () => '1')

test.each([
  ['a histogram with 2,049 buckets', 'histogram', { bucketCounts: many(2049) }, { bucketCounts: many(2048) }],
  [
    'an exponential histogram with 2,049 buckets',
    'exponentialHistogram',
    { positive: { bucketCounts: many(2049) } },
    { negative: { bucketCounts: many(2048) } },
  ],
  [
    'a summary with 2,049 quantiles',
    'summary',
    { quantileValues: many(2049).map(() => ({ value: 1 })) },
    { quantileValues: many(2048).map(() => ({ value: 1 })) },
  ],
])('%s is rejected by itself, the greatest that is right is stored', (_, kind, bad, right) => {
  const dataPoints = [{ ...point, ...right }, { ...point, ...bad }, point]
  const { accepted, rejected, tables } = decode([good, { name: 'm', [kind]: { dataPoints } }, good])
  expect([accepted, rejected]).toEqual([4, 1])
  expect(tables['otel_metrics_gauge']?.filter(({ MetricName }) => MetricName === 'good')).toHaveLength(2)
})

test.each([
  ['sum', 'otel_metrics_sum', { traceId: Buffer.of(1) }, 'a trace id of 1 bytes instead of 16'],
  ['gauge', 'otel_metrics_gauge', { spanId: Buffer.of(1) }, 'a span id of 1 bytes instead of 8'],
  ['histogram', 'otel_metrics_histogram', { traceId: Buffer.alloc(15, 1) }, 'a trace id of 15 bytes instead of 16'],
] as const)('an exemplar of a %s with a bad id costs itself alone', (kind, table, bad, reason) => {
  const exemplars = [{ asDouble: 1 }, { asDouble: 2, ...bad }, { asDouble: 3 }]
  const { accepted, rejected, message, tables } = decode([{ name: 'm', [kind]: { dataPoints: [{ ...point, exemplars }] } }])
  expect([accepted, rejected]).toEqual([1, 0])
  expect(tables[table]).toMatchObject([{ 'Exemplars.Value': [1, 3] }])
  expect(message).toContain(`Stored with changes: 1 × omitted: an exemplar, ${reason} (at byte `)
})

test('exemplars have no ids of zeros, and the time of their point when they have none', () => {
  const exemplars = [{ traceId: Buffer.alloc(16), spanId: Buffer.alloc(8) }]
  const { tables } = decode([{ name: 'g', gauge: { dataPoints: [{ ...point, exemplars }] } }])
  expect(tables['otel_metrics_gauge']).toMatchObject([
    { 'Exemplars.TraceId': [''], 'Exemplars.SpanId': [''], 'Exemplars.TimeUnix': [BigInt(time)] },
  ])
})

test('counts of 64 bits are exact, in fixed and in variable length', () => {
  const most = String(2n ** 64n - 1n)
  const odd = String(2n ** 53n + 1n)
  const { blocks } = decode([
    { name: 'h', histogram: { dataPoints: [{ ...point, count: most, bucketCounts: [most, odd, '7'] }] } },
    {
      name: 'e',
      exponentialHistogram: { dataPoints: [{ ...point, count: odd, zeroCount: most, positive: { bucketCounts: [most, odd, '7'] } }] },
    },
  ])
  const bytes = Buffer.concat(blocks.map((block) => block.encode('b')))
  const eight = (value: string): Buffer => {
    const buffer = Buffer.alloc(8)
    buffer.writeBigUInt64LE(BigInt(value))
    return buffer
  }
  const buckets = Buffer.concat([most, odd, '7'].map(eight))
  expect(bytes.indexOf(buckets)).toBeGreaterThan(0)
  expect(bytes.indexOf(buckets, bytes.indexOf(buckets) + 1)).toBeGreaterThan(0)
  expect(bytes.toString('latin1').split(eight(most).toString('latin1'))).toHaveLength(5)
})

test('a series is one, in whatever order its attributes, and those in them, come', () => {
  const inner = ['y', 'x'].map((key) => text(key, key))
  const attributes = [text('b', '2'), text('a', '1'), { key: 'map', value: { kvlistValue: { values: inner } } }]
  const reversed = [{ key: 'map', value: { kvlistValue: { values: inner.toReversed() } } }, text('a', '1'), text('b', '2')]
  for (const kind of ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']) {
    const dataPoints = [attributes, reversed].map((list) => ({ ...point, attributes: list, exemplars: [{ filteredAttributes: list }] }))
    const { tables } = decode([{ name: 'm', [kind]: { dataPoints } }])
    const rows = Object.values(tables)[0]?.map((row) => JSON.stringify([row['Attributes'], row['Exemplars.FilteredAttributes']])) ?? []
    expect(rows).toHaveLength(2)
    expect(rows[0]).toBe(rows[1])
    expect(rows[0]).toContain('{"a":"1","b":"2","map":"{\\"x\\":\\"x\\",\\"y\\":\\"y\\"}"}')
  }
})

test('which attributes of too many are kept does not depend on their order', () => {
  const attributes = Array.from({ length: 300 }, (_, i) => text(`k${String(i).padStart(3, '0')}`, 'v'))
  const dataPoints = [attributes, attributes.toReversed()].map((list) => ({ ...point, attributes: list }))
  const { tables, truncated } = decode([{ name: 'm', gauge: { dataPoints } }], attributes)
  for (const column of ['Attributes', 'ResourceAttributes']) {
    const rows = tables['otel_metrics_gauge']?.map((row) => Object.keys(row[column] as object)) ?? []
    expect(rows[0]).toHaveLength(256)
    expect(rows[0]).toEqual(rows[1])
  }
  expect(truncated).toBe(44 * 3)
})

test('names, units, descriptions and exemplars are cut, and counted', () => {
  const long = '连'.repeat(30_000)
  const exemplars = [...Array.from({ length: 257 }, () => ({ ...point })), { filteredAttributes: [text('k', long)] }]
  const { tables, truncated } = decode([{ name: long, unit: long, description: long, gauge: { dataPoints: [{ ...point, exemplars }] } }])
  const [row] = tables['otel_metrics_gauge'] ?? []
  for (const column of ['MetricName', 'MetricUnit', 'MetricDescription']) expect(row?.[column]).toMatch(/^连+$/)
  expect(row?.['Exemplars.Value']).toHaveLength(256)
  expect(truncated).toBe(5)
})
