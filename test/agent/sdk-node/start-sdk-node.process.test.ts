import { expect, test } from 'vitest'
import { sinkForTest, startApplication } from '../../support/agent-process.ts'
import { startOtlpSink } from '../../support/otlp-sink.ts'
import { startPostgres } from '../../support/postgres.ts'
import { until } from '../../support/until.ts'

const startWithSdk = (program: string, endpoint: string, env: Record<string, string> = {}) =>
  startApplication(program, {
    withAgent: false,
    env: {
      SDK_NODE: new URL('../../../agent/src/sdk-node/index.ts', import.meta.url).href,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      SPYGLASS_BASELINE_PER_MINUTE: '0',
      ...env,
    },
  })

test('under the stock SDK slow and failed traces are sent whole, the others only counted', async (context) => {
  const sink = await startOtlpSink()
  context.onTestFinished(() => sink.stop())
  const application = startWithSdk('sdk-node.cjs', sink.endpoint)
  expect((await application.exited).code, application.stderr()).toBe(0)
  await until(() => sink.points.length > 0)
  const servers = sink.spans.filter((span) => span.kind === 2)
  // On a loaded machine a fast one may be slow as well.
  const reasonOf = (path: string) => servers.find((span) => span.attributes['url.path'] === path)?.attributes['spyglass.keep.reason']
  expect([reasonOf('/slow'), reasonOf('/fail')]).toEqual(['slow', 'error'])
  for (const server of servers.filter((span) => span.attributes['url.path'] !== '/fast')) {
    expect(
      sink.spans.filter((span) => span.traceId === server.traceId && span.parentSpanId === server.spanId).map((span) => span.name),
    ).toEqual(['work'])
  }
  const counted = sink.points.filter((point) => point.metric === 'http.server.request.duration')
  expect(counted.reduce((sum, point) => sum + Number(point.count), 0)).toBe(22)
})

test('spans of contrib instrumentations: none lost or orphaned, no literals, none of the agent’s own', async (context) => {
  const sink = await sinkForTest()
  const postgres = await startPostgres(context)
  context.onTestFinished(() => postgres.stop())
  const application = startWithSdk('sdk-node-contrib.cjs', sink.endpoint, {
    PGPORT: String(postgres.port),
    SPYGLASS_SLOW_REQUEST_MS: '60000',
    SPYGLASS_SLOW_STATEMENT_MS: '60000',
  })
  expect((await application.exited).code, application.stderr()).toBe(0)
  const { spans, points, logs } = sink
  const dropped = points.filter(({ metric, asDouble }) => metric === 'spyglass.agent.dropped' && asDouble !== 0)
  expect(dropped.map(({ attributes }) => attributes['reason'])).toEqual([])
  const roots = spans.filter((span) => span.kind === 2 && span.attributes['spyglass.keep.reason'])
  const keptRoots = new Set(spans.filter((span) => span.attributes['spyglass.keep.reason']))
  expect(roots.map((span) => [span.name, span.attributes['http.route'], span.attributes['spyglass.keep.reason']])).toEqual([
    ['GET /failed', '/failed', 'error'],
    ['GET /many', '/many', 'error'],
  ])
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const orphans = spans.filter((span) => !keptRoots.has(span) && !ids.has(span.parentSpanId ?? ''))
  expect(orphans.map(({ name }) => name)).toEqual([])
  const failed = spans.filter(({ traceId }) => traceId === roots[0]?.traceId).map(({ name }) => name)
  expect(failed).toEqual(expect.arrayContaining(['late of failed', 'late of failed after', 'SELECT ?']))
  expect(spans.filter(({ name }) => name === 'late')).toEqual([])
  expect(roots[1]?.attributes['spyglass.children.dropped']).toBeGreaterThan(600)
  const texts = spans.map((span) => span.attributes['db.query.text']).filter(Boolean)
  expect(new Set(texts)).toEqual(new Set(['SELECT ?', 'SELECT ? AS a, ? AS b']))
  expect(JSON.stringify(spans)).not.toMatch(/zqz|4711/)
  expect(logs.find(({ body }) => body === 'a line of the failed request')).toMatchObject({
    traceId: roots[0]?.traceId,
    severityText: 'INFO',
  })
  const served = points.filter(({ metric }) => metric === 'http.server.request.duration')
  expect(served.reduce((sum, { count }) => sum + Number(count), 0)).toBe(2602)
  const connections = JSON.parse(/\{"collector.*/.exec(application.stdout())?.[0] ?? '{}') as { collector: number; recorded: number }
  expect(connections.recorded).toBe(0)
  expect(connections.collector).toBeGreaterThan(0)
})
