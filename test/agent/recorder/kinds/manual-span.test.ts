import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { HttpCall, httpCall } from '../../../../agent/src/recorder/kinds/http-call.ts'
import { job } from '../../../../agent/src/recorder/kinds/job.ts'
import { SpyglassTracerProvider, activeContext, manualParentIn } from '../../../../agent/src/instrument/opentelemetry/tracer-provider.ts'
import { runRoot } from '../../../../agent/src/recorder/run-root.ts'
import { recording } from '../fixture.ts'

const JOB = { kind: job, detail: { system: 'test', name: 'spans' }, name: 'spans' }

function inJob(fn: (tracer: ReturnType<SpyglassTracerProvider['getTracer']>) => void) {
  const found = recording()
  const tracer = new SpyglassTracerProvider(found.recorder).getTracer('contrib', '1.0.0')
  runRoot(found.recorder, JOB, () => fn(tracer))
  return found
}

test.each([
  ['stable', { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'db.query.text': "SELECT * FROM users WHERE mail = 'a@b.c'" }],
  ['older', { 'db.system': 'postgresql', 'db.name': 'shop', 'db.statement': "SELECT * FROM users WHERE mail = 'a@b.c'" }],
])('the statement of a contrib instrumentation with %s names is normalised, counted and has a call site', (_, attributes) => {
  const { spans, counted } = inJob((tracer) => tracer.startSpan('pg.query', { kind: SpanKind.CLIENT, attributes }, activeContext()).end())
  expect(JSON.stringify(spans)).not.toContain('a@b.c')
  expect(spans[1]).toMatchObject({
    name: 'pg.query',
    kind: 3,
    attributes: { 'code.file.path': 'test/agent/recorder/kinds/manual-span.test.ts' },
  })
  const text = 'SELECT * FROM users WHERE mail = ?'
  expect(Object.values(spans[1]?.attributes ?? {})).toContain(text)
  expect(counted('db.client.operation.duration')).toMatchObject([
    {
      'db.query.text': text,
      'db.system.name': 'postgresql',
      'db.client.connection.pool.name': 'shop',
      'spyglass.sql.digest': expect.any(String),
    },
  ])
})

test('a text that is set later is normalised at the end, and does not leave before', () => {
  const found = recording({ partialAfterMs: 0 })
  const tracer = new SpyglassTracerProvider(found.recorder).getTracer('contrib')
  const record = found.recorder.beginRoot(job, JOB.detail)
  runRoot(found.recorder, JOB, () => {
    const span = tracer.startSpan('query', { kind: SpanKind.CLIENT }, activeContext())
    span.setAttributes({ 'db.system.name': 'mysql', 'db.query.text': "SELECT 'secret'" })
    found.recorder.exportLongRunning(record.startMs + 60_000)
    span.end()
  })
  expect(found.spans.some(({ attributes }) => attributes?.['spyglass.partial'] === true)).toBe(true)
  expect(JSON.stringify(found.spans)).not.toContain('secret')
  expect(found.spans.at(-1)?.attributes).toMatchObject({ 'db.query.text': 'SELECT ?' })
})

test('a call of a contrib instrumentation is counted by its peer, and other spans are not counted', () => {
  const { counted } = inJob((tracer) => {
    const span = tracer.startSpan('GET', {
      kind: SpanKind.CLIENT,
      attributes: { 'http.request.method': 'GET', 'url.full': 'http://stock.example:8080/a?b=c' },
    })
    span.setStatus({ code: SpanStatusCode.ERROR }).end()
    tracer.startSpan('inner work').end()
  })
  expect(counted('http.client.request.duration')).toEqual([
    { 'http.request.method': 'GET', 'server.address': 'stock.example', 'server.port': 8080, 'error.type': 'error' },
  ])
})

const CALL = { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'GET', 'url.full': 'http://stock.example/' } }
const QUERY = { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'mysql', 'db.query.text': 'SELECT 1' } }

const isCalled = ({ recorder }: ReturnType<typeof recording>) =>
  recorder.startChild(httpCall, new HttpCall('GET', 'http://other.example', '/')).end()
const isQueried = ({ recorder }: ReturnType<typeof recording>) =>
  recorder.startStatement({ system: 'mysql', pool: '', text: 'SELECT 2, 3' }, undefined).end()

const CALLS = { metric: 'http.client.request.duration', attribute: 'server.address' }
const STATEMENTS = { metric: 'db.client.operation.duration', attribute: 'db.query.text' }

test.each([
  { name: 'a call of others around a call of ours', options: CALL, record: isCalled, ...CALLS, expected: ['other.example'] },
  { name: 'a statement of others around one of ours', options: QUERY, record: isQueried, ...STATEMENTS, expected: ['SELECT ?, ?'] },
  { name: 'a call of others around a statement', options: CALL, record: isQueried, ...CALLS, expected: ['stock.example'] },
  { name: 'a statement of others over HTTP', options: QUERY, record: isCalled, ...STATEMENTS, expected: ['SELECT ?'] },
])('$name is counted once', ({ options, record, metric, attribute, expected }) => {
  const found = recording()
  found.recorder.manualParent = manualParentIn
  const tracer = new SpyglassTracerProvider(found.recorder).getTracer('contrib')
  runRoot(found.recorder, JOB, () =>
    tracer.startActiveSpan('outer', options, (span: Span) => {
      tracer.startActiveSpan('internal', () => record(found))
      span.end()
    }),
  )
  expect(found.counted(metric).map((point) => point[attribute])).toEqual(expected)
})

test.each(["SELECT 'secret'", "SELECT '$&', 'secret'", "SELECT $1, '$`secret'"])(
  'a span named by %s has no literal in its name',
  (text) => {
    const found = recording({ partialAfterMs: 0 })
    const tracer = new SpyglassTracerProvider(found.recorder).getTracer('contrib')
    const record = found.recorder.beginRoot(job, JOB.detail)
    runRoot(found.recorder, JOB, () => {
      const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text }
      tracer.startSpan(text, { kind: SpanKind.CLIENT, attributes }, activeContext()).end()
      tracer.startSpan(`internal ${text}`, { attributes }, activeContext()).end()
      const renamed = tracer.startSpan('query', { kind: SpanKind.CLIENT, attributes }, activeContext()).updateName(text)
      const later = tracer.startSpan(text, { kind: SpanKind.CLIENT }, activeContext()).setAttributes(attributes)
      found.recorder.exportLongRunning(record.startMs + 60_000)
      renamed.end()
      later.end()
    })
    expect(found.spans.length).toBeGreaterThan(8)
    expect(JSON.stringify(found.spans)).not.toContain('secret')
    const names = found.spans.slice(-4).map(({ name }) => name)
    expect(names).toContain('internal ?')
    expect(names.filter((name) => name.startsWith('SELECT ') && name.includes('?'))).toHaveLength(3)
  },
)
