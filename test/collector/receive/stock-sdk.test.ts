import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import * as logs from '@opentelemetry/sdk-logs'
import * as metrics from '@opentelemetry/sdk-metrics'
import { expect, onTestFinished, test } from 'vitest'
import { createGuessDelay } from '@spyglass/process/access'
import { startReceiver } from '../../../collector/src/receive/index.ts'
import { readNative } from '../../support/native.ts'

async function receiving() {
  const rows: Record<string, Record<string, unknown>[]> = {}
  const receiver = await startReceiver({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_000_000,
    retentionDays: { traces: 7, metrics: 7, logs: 7 },
    admission: { token: 't'.repeat(43), guesses: createGuessDelay(), caller: {} },
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
