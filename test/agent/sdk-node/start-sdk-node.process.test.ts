import { expect, test } from 'vitest'
import { startApplication } from '../../support/agent-process.ts'
import { startOtlpSink } from '../../support/otlp-sink.ts'
import { until } from '../../support/until.ts'

test('under the stock SDK slow and failed traces are sent whole, the others only counted', async (context) => {
  const sink = await startOtlpSink()
  context.onTestFinished(() => sink.stop())
  const application = startApplication('sdk-node.cjs', {
    withAgent: false,
    env: {
      SDK_NODE: new URL('../../../agent/src/sdk-node/index.ts', import.meta.url).href,
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      SPYGLASS_BASELINE_PER_MINUTE: '0',
    },
  })
  expect((await application.exited).code, application.stderr()).toBe(0)
  await until(() => sink.points.length > 0)
  const servers = sink.spans.filter((span) => span.kind === 2)
  expect(servers.map((span) => span.attributes['spyglass.keep.reason'])).toEqual(['slow', 'error'])
  for (const server of servers) {
    expect(
      sink.spans.filter((span) => span.traceId === server.traceId && span.parentSpanId === server.spanId).map((span) => span.name),
    ).toEqual(['work'])
  }
  const counted = sink.points.filter((point) => point.metric === 'http.server.request.duration')
  expect(counted.reduce((sum, point) => sum + Number(point.count), 0)).toBe(22)
})
