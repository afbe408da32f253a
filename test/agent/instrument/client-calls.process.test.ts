/** How a call to another service ends: what its span and its histogram say of every way. */
import { expect, test } from 'vitest'
import { messageOf, sinkForTest, startApplication } from '../../support/agent-process.ts'
import type { OtlpSink, SinkSpan } from '../../support/otlp-sink.ts'
import { until } from '../../support/until.ts'

const LONG = 'long'
/** The slow peer takes 300 ms between the head and the end of its body. */
const LIMIT_MS = 250

type Ending = readonly [status: number | undefined, error: string | undefined, lasts?: typeof LONG | undefined, cancelled?: boolean]

const ENDINGS: Readonly<Record<string, readonly Ending[]>> = {
  slow: [[200, undefined, LONG]],
  keepAlive: [
    [200, undefined],
    [200, undefined, LONG],
  ],
  post: [[200, undefined]],
  pipeline: [[200, undefined, LONG]],
  iterated: [[200, undefined, LONG]],
  noListener: [[200, undefined, LONG]],
  unread: [[200, undefined]],
  earlyHints: [[200, undefined]],
  missing: [[404, '404']],
  moved: [[302, undefined]],
  cut: [[200, 'ECONNRESET']],
  reset: [[undefined, 'ECONNRESET']],
  hangUp: [[undefined, 'ECONNRESET']],
  refused: [[undefined, 'ECONNREFUSED']],
  destroyedBefore: [[undefined, undefined, undefined, true]],
  destroyedWithError: [[undefined, 'RangeError']],
  destroyedDuring: [[200, undefined, undefined, true]],
  requestDestroyedDuring: [[200, undefined, undefined, true]],
  aborted: [[undefined, undefined, undefined, true]],
  abortedDuring: [[200, undefined, undefined, true]],
  timeoutSignal: [[undefined, 'TimeoutError']],
  timeout: [[undefined, 'ECONNRESET']],
  upgrade: [[101, undefined]],
  connect: [[200, undefined]],
  fetch: [[200, undefined, LONG]],
  fetchCancelled: [[200, undefined, undefined, true]],
  fetchCancelledFor: [[200, undefined, undefined, true]],
  fetchAborted: [[undefined, undefined, undefined, true]],
  fetchTimeout: [[undefined, 'TimeoutError']],
  fetchCut: [[200, 'UND_ERR_SOCKET']],
}

test('a call lasts to the end of the body, and only a fault of the peer is an error', async () => {
  const { sink, spans } = await calls(ENDINGS)
  const results: Record<string, unknown> = {}
  const expected: Record<string, unknown> = {}
  for (const [name, endings] of Object.entries(ENDINGS)) {
    results[name] = spans(name).map((span, at) => resultOf(span, endings[at]?.[2]))
    expected[name] = endings.map(([status, error, lasts, cancelled]) => ({ status, error, lasts, cancelled, failed: error !== undefined }))
  }
  expect(results).toEqual(expected)
  expect(spans('post')[0]?.attributes).toMatchObject({ 'http.request.body.size': 4, 'http.response.body.size': 2 })
  // Each call is counted once, by the same status and error as its span.
  const counted = sink.points.filter(({ metric }) => metric === 'http.client.request.duration')
  expect(counted.reduce((sum, point) => sum + Number(point.count), 0)).toBe(Object.values(ENDINGS).flat().length)
  const good = counted.filter(({ attributes }) => attributes['http.response.status_code'] === 200 && !attributes['error.type'])
  expect(good.reduce((most, { max }) => Math.max(most, Number(max)), 0)).toBeGreaterThan(LIMIT_MS / 1000)
})

interface TimedSpan extends SinkSpan {
  readonly ms: number
}

function resultOf({ attributes, ms, status }: TimedSpan, asked: string | undefined) {
  return {
    status: attributes['http.response.status_code'],
    error: attributes['error.type'],
    lasts: asked && (ms > LIMIT_MS ? LONG : `${ms} ms`),
    cancelled: attributes['spyglass.cancelled'],
    failed: status?.code === 2,
  }
}

/** Makes the calls one after another, each within a request of its own. */
async function calls(named: Readonly<Record<string, readonly Ending[]>>) {
  const sink = await sinkForTest()
  const application = startApplication('calls.mjs', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, SPYGLASS_KEPT_PER_SECOND: '1000', SPYGLASS_METRICS_INTERVAL_MS: '60000' },
  })
  const { port, names } = await messageOf<{ port: number; names: string[] }>(application)
  expect(names).toEqual(Object.keys(named))
  for (const name of names) {
    const headers = { traceparent: `00-${traceIdOf(name)}-b7ad6b7169203331-01` }
    await (await fetch(`http://127.0.0.1:${port}/run?${name}`, { headers })).text()
  }
  // A call may end a little later than its request.
  await until(() => names.every((name) => spansOf(sink, name, 3).length >= (named[name]?.length ?? 0)))
  const flushed = messageOf(application)
  application.child.send('flush')
  await flushed
  await until(() => sink.points.length > 0)
  return { sink, spans: (name: string) => spansOf(sink, name, 3) }
}

const traceIdOf = (name: string): string => Buffer.from(name).toString('hex').padEnd(32, '0').slice(0, 32)

function spansOf(sink: OtlpSink, name: string, kind: number): TimedSpan[] {
  const isOfIt = ({ traceId, kind: its, attributes }: SinkSpan) =>
    traceId === traceIdOf(name) && its === kind && attributes['spyglass.partial'] !== true
  const spans = sink.spans.filter(isOfIt)
  return spans.map((span) => ({ ...span, ms: (Number(span.endTimeUnixNano) - Number(span.startTimeUnixNano)) / 1e6 }))
}
