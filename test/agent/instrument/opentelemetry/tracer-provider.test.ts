import { ROOT_CONTEXT, SpanKind, SpanStatusCode, createContextKey, trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import type { SpanRecord } from '@spyglass/agent/otlp'
import { Aggregates } from '../../../../agent/src/aggregate/aggregates.ts'
import {
  SpyglassTracerProvider,
  activeContext,
  contextManager,
  manualParentIn,
} from '../../../../agent/src/instrument/opentelemetry/tracer-provider.ts'
import { runOutside } from '../../../../agent/src/recorder/context.ts'
import { Recorder } from '../../../../agent/src/recorder/recorder.ts'

function prepared() {
  const spans: SpanRecord[] = []
  const recorder = new Recorder({
    aggregates: new Aggregates(0),
    exporter: { exportSpans: (records) => void spans.push(...records) },
    policy: { slowRequestMs: 0.000_001, keptPerSecond: 1000, baselinePerMinute: 0, slowStatementMs: 100, partialAfterMs: 5000 },
  })
  recorder.manualParent = manualParentIn
  return { spans, recorder, provider: new SpyglassTracerProvider(recorder) }
}

test('a span outside of any request is a root of its own, with its children below', () => {
  const { spans, provider } = prepared()
  const tracer = provider.getTracer('jobs', '1')
  runOutside(() => {
    tracer.startActiveSpan('job', { kind: SpanKind.CONSUMER, attributes: { queue: 'q' } }, (job) => {
      const step = tracer.startSpan('step', { startTime: new Date(1_700_000_000_000) }, activeContext())
      step.setAttributes({ n: 1, list: ['a', 'b'] }).addEvent('done', [1_700_000_000, 500_000_000])
      step.recordException(new RangeError('wide'))
      step.setStatus({ code: SpanStatusCode.OK }).setStatus({ code: SpanStatusCode.ERROR })
      step.updateName('renamed').addLink({ context: job.spanContext() })
      step.end(1_700_000_001_000)
      expect(step.isRecording()).toBe(false)
      job.end()
    })
  })
  const [job, step] = spans
  expect(job).toMatchObject({ name: 'job', kind: 5, parentSpanId: undefined, attributes: { queue: 'q', 'spyglass.keep.reason': 'slow' } })
  expect(step).toMatchObject({
    name: 'renamed',
    parentSpanId: job?.spanId,
    traceId: job?.traceId,
    attributes: { n: 1, list: ['a', 'b'] },
    status: { code: 'ok' },
    scope: { name: 'jobs', version: '1' },
  })
  expect(step?.startMs).toBeCloseTo(1_700_000_000_000, 0)
  expect(step?.events?.map(({ name }) => name)).toEqual(['done', 'exception'])
  expect(step?.events?.[0]?.timeMs).toBe(1_700_000_000_500)
  expect(step?.links).toMatchObject([{ spanId: job?.spanId }])
})

test('a statement inside the application’s own span is that span’s child', () => {
  const { spans, recorder, provider } = prepared()
  const tracer = provider.getTracer('app')
  runOutside(() => {
    tracer.startActiveSpan('root', (root) => {
      tracer.startActiveSpan('inner', (inner) => {
        recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1' }, () => {}).end()
        inner.end()
      })
      root.end()
    })
  })
  const named = (name: string) => spans.find((span) => span.name === name)
  expect(named('SELECT p')?.parentSpanId).toBe(named('inner')?.spanId)
  expect(named('inner')?.parentSpanId).toBe(named('root')?.spanId)
})

test('context.with carries values and ends with the call, and a bound function finds them later', () => {
  const key = createContextKey('a value')
  runOutside(() => {
    const withValue = activeContext().setValue(key, 1)
    const read = () => activeContext().getValue(key)
    expect(contextManager.with(withValue, read)).toBe(1)
    expect(read()).toBeUndefined()
    expect(contextManager.bind(withValue, read)()).toBe(1)
    expect(contextManager.bind(withValue, 'no function')).toBe('no function')
    expect(withValue.deleteValue(key).getValue(key)).toBeUndefined()
  })
})

test('a remote parent is taken over', () => {
  const { spans, provider } = prepared()
  const remote = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 0, isRemote: true }
  runOutside(() => provider.getTracer('app').startSpan('consume', {}, trace.setSpanContext(ROOT_CONTEXT, remote)).end())
  expect(spans).toMatchObject([{ traceId: remote.traceId, parentSpanId: remote.spanId, flags: 0 }])
})

test('once the application has its own provider, tracers that were handed out pass on to it', () => {
  const { provider, spans } = prepared()
  const tracer = provider.getTracer('early')
  const started: string[] = []
  const other = prepared()
  provider.delegate = {
    getTracer: (name, version) => {
      started.push(name)
      return other.provider.getTracer(name, version)
    },
  }
  runOutside(() => {
    tracer.startSpan('a').end()
    tracer.startActiveSpan('b', (span) => span.end())
  })
  expect(started).toEqual(['early', 'early'])
  expect(spans).toEqual([])
  expect(other.spans.map(({ name }) => name)).toEqual(['a', 'b'])
})

test.each([[Number.NaN], [new Date('nothing')], [Infinity], [[Number.NaN, 0]], ['soon']])('the time %s is now', (time) => {
  const { spans, provider } = prepared()
  const tracer = provider.getTracer('jobs')
  runOutside(() =>
    tracer.startActiveSpan('job', (job) => {
      const step = tracer.startSpan('step', { kind: SpanKind.CLIENT, startTime: time as number }, activeContext())
      step.addEvent('done', time as number).end(time as number)
      job.end()
    }),
  )
  const [job, step] = spans
  for (const ms of [step?.startMs, step?.endMs, step?.events?.[0]?.timeMs]) {
    expect(ms).toBeGreaterThanOrEqual(job?.startMs ?? Infinity)
    expect(ms).toBeLessThanOrEqual(job?.endMs ?? 0)
  }
})
