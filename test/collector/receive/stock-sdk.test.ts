import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import {
  type ISerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import * as logs from '@opentelemetry/sdk-logs'
import * as metrics from '@opentelemetry/sdk-metrics'
import { expect, onTestFinished, test } from 'vitest'
import { createAuthenticator, createGuessDelay, nobody } from '@spyglass/process/access'
import { startReceiver } from '../../../collector/src/receive/index.ts'
import { createLogger } from '@spyglass/process/logger'
import { testPort } from '../../support/own-port.ts'
import { readNative } from '../../support/native.ts'

async function receiving() {
  const rows: Record<string, Record<string, unknown>[]> = {}
  const receiver = await startReceiver({
    port: testPort('collector'),
    logger: createLogger({ process: 'test', level: 'silent' }),
    maxBodyBytes: 1_000_000,
    retentionDays: { traces: 7, metrics: 7, logs: 7 },
    admission: {
      authenticator: createAuthenticator({ own: [], identities: () => nobody, guesses: createGuessDelay() }),
      isTokenRequired: false,
      instanceToken: 'of-instances',
    },
    async append({ blocks }) {
      for (const block of blocks) (rows[block.table] ??= []).push(...readNative(block.encode('b')))
      return 'stored'
    },
    onEvents: () => {},
    unready: () => [],
  })
  onTestFinished(() => receiver.stop())
  return { rows, url: `http://127.0.0.1:${receiver.port}` }
}

test('every kind of metric that the stock SDK sends is stored as the exporter of ClickHouse would', async () => {
  const { rows, url } = await receiving()
  const reader = new metrics.PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }) })
  const provider = new metrics.MeterProvider({
    readers: [reader],
    views: [{ instrumentName: 'sizes', aggregation: { type: metrics.AggregationType.EXPONENTIAL_HISTOGRAM } }],
  })
  const meter = provider.getMeter('lib', '1.2')
  meter.createCounter('requests', { unit: '{request}', description: 'how many' }).add(3, { route: '/a' })
  meter.createUpDownCounter('open').add(-2)
  meter.createObservableGauge('heat').addCallback((result) => result.observe(36.6))
  meter.createHistogram('durations', { unit: 's' }).record(0.2)
  meter.createHistogram('sizes', { unit: 'By' }).record(1000)
  await provider.shutdown()
  expect(rows['otel_metrics_sum']).toMatchObject([
    { MetricName: 'requests', MetricUnit: '{request}', Value: 3, IsMonotonic: 1, AggregationTemporality: 2, Attributes: { route: '/a' } },
    { MetricName: 'open', Value: -2, IsMonotonic: 0 },
  ])
  expect(rows['otel_metrics_gauge']).toMatchObject([{ MetricName: 'heat', Value: 36.6, ScopeName: 'lib', ScopeVersion: '1.2' }])
  expect(rows['otel_metrics_histogram']).toMatchObject([{ MetricName: 'durations', Count: 1, Sum: 0.2, Min: 0.2, Max: 0.2 }])
  expect(rows['otel_metrics_exp_histogram']).toMatchObject([{ MetricName: 'sizes', Count: 1, Sum: 1000, PositiveBucketCounts: [1] }])
})

test('log records of the stock SDK keep severity, body and attributes', async () => {
  const { rows, url } = await receiving()
  const processor = new logs.BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${url}/v1/logs` }) })
  const provider = new logs.LoggerProvider({ processors: [processor] })
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- 17 is ERROR; the enumeration lies in a package of its own
  provider.getLogger('lib').emit({ severityNumber: 17, severityText: 'ERROR', body: '连接池 is empty', attributes: { attempt: 2 } })
  await provider.shutdown()
  expect(rows['otel_logs']).toMatchObject([
    { SeverityNumber: 17, SeverityText: 'ERROR', Body: '连接池 is empty', LogAttributes: { attempt: '2' }, ScopeName: 'lib' },
  ])
})

/** Serialises with the stock SDK's own code, sends both forms, and returns the rows of each. */
async function rowsOfBoth<T>(path: string, serializers: readonly [ISerializer<T, unknown>, ISerializer<T, unknown>], value: T) {
  const both = await Promise.all(
    serializers.map(async (serializer, i) => {
      const { rows, url } = await receiving()
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': i === 0 ? 'application/json' : 'application/x-protobuf' },
        body: new Uint8Array(serializer.serializeRequest(value) ?? []),
      })
      expect([response.status, await response.text()]).toEqual([200, i === 0 ? '{}' : ''])
      return rows
    }),
  )
  return both as [(typeof both)[0], (typeof both)[0]]
}

test('spans of the stock SDK give the same rows as JSON and as protobuf: ids, parents, links, kinds, exact times', async () => {
  const seconds = Math.floor(Date.now() / 1000)
  const contextOf = (spanId: string) => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId, traceFlags: 1 })
  const common = {
    resource: { attributes: { 'service.name': 'shop' } },
    instrumentationScope: { name: 'lib', version: '1' },
    startTime: [seconds, 1],
    endTime: [seconds, 5_000_004],
  }
  const rootId = 'b7ad6b7169203331'
  const root = {
    ...common,
    name: 'root',
    kind: SpanKind.SERVER,
    spanContext: () => contextOf(rootId),
    status: { code: SpanStatusCode.UNSET },
    attributes: { b: 2, a: 'x', big: 2 ** 53 - 1, list: [1, 2] },
    links: [],
    events: [],
  }
  const child = {
    ...common,
    name: '连'.repeat(400),
    kind: SpanKind.CLIENT,
    spanContext: () => contextOf('00f067aa0ba902b7'),
    parentSpanContext: contextOf(rootId),
    status: { code: SpanStatusCode.ERROR, message: 'bad' },
    attributes: {},
    links: [{ context: contextOf(rootId), attributes: {} }],
    events: [{ name: 'e', time: [seconds, 3], attributes: { z: 1 } }],
  }
  const spans = [child, root] as unknown as Parameters<typeof JsonTraceSerializer.serializeRequest>[0]
  const { rows: cut, url } = await receiving()
  const answer = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new Uint8Array(JsonTraceSerializer.serializeRequest(spans) ?? []),
  })
  expect(await answer.json()).toMatchObject({ partialSuccess: { errorMessage: expect.stringContaining('1 × names of spans') as string } })
  expect(cut['otel_traces']?.[0]?.['SpanName']).toBe('连'.repeat(341))
  const short = spans.filter(({ name }) => name === 'root')
  const [json, protobuf] = await rowsOfBoth('/v1/traces', [JsonTraceSerializer, ProtobufTraceSerializer], short)
  expect(json).toEqual(protobuf)
  expect(json['otel_traces']).toMatchObject([
    { SpanKind: 'Server', ParentSpanId: '', SpanAttributes: { big: String(2 ** 53 - 1), list: '[1,2]' } },
  ])
  expect(cut['otel_traces']?.[0]).toMatchObject({
    ParentSpanId: rootId,
    'Links.SpanId': [rootId],
    'Events.Name': ['e'],
    StatusCode: 'Error',
  })
})

test('metrics of the stock SDK give the same rows as JSON and as protobuf, and one series in whatever order its attributes are given', async () => {
  const exporter = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE)
  const reader = new metrics.PeriodicExportingMetricReader({ exporter })
  const provider = new metrics.MeterProvider({ readers: [reader] })
  const meter = provider.getMeter('lib')
  meter.createCounter('one').add(1, { a: '1', b: '2' })
  meter.createCounter('other').add(1, { b: '2', a: '1' })
  meter.createHistogram('h').record(3, { b: '2', a: '1' })
  await reader.forceFlush()
  const [resource] = exporter.getMetrics()
  await provider.shutdown()
  const [json, protobuf] = await rowsOfBoth('/v1/metrics', [JsonMetricsSerializer, ProtobufMetricsSerializer], resource!)
  expect(json).toEqual(protobuf)
  expect(json['otel_metrics_sum']?.map(({ Attributes }) => JSON.stringify(Attributes))).toEqual(['{"a":"1","b":"2"}', '{"a":"1","b":"2"}'])
})
