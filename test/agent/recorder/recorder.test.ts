import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { SpanRecord } from '@spyglass/agent/otlp'
import { Aggregates } from '../../../agent/src/aggregate/aggregates.ts'
import type { RecordedRequest } from '../../../agent/src/current-agent.ts'
import { CapturedStack } from '../../../agent/src/call-site/call-site.ts'
import { currentRecord, enterRequestContext, runInRequestContext, runOutside } from '../../../agent/src/recorder/context.ts'
import { httpRequest } from '../../../agent/src/recorder/kinds/http-request.ts'
import { job } from '../../../agent/src/recorder/kinds/job.ts'
import { Recorder, type RecorderOptions } from '../../../agent/src/recorder/recorder.ts'
import type { RootKind, TraceRecord } from '../../../agent/src/recorder/trace-record.ts'
import { APPLICATION, CONTEXT_PATH } from '../../../agent/src/current-agent.ts'

const POLICY = { slowRequestMs: 0.000_001, keptPerSecond: 1000, baselinePerMinute: 0, slowStatementMs: 100, partialAfterMs: 5000 }

function prepared(policy: Partial<RecorderOptions['policy']> = {}) {
  const spans: SpanRecord[] = []
  const recorder = new Recorder({
    aggregates: new Aggregates(0),
    exporter: { exportSpans: (records) => void spans.push(...records) },
    policy: { ...POLICY, ...policy },
  })
  return { recorder, spans }
}

function messages(more: object = {}): { request: IncomingMessage; response: ServerResponse } {
  const request = { method: 'GET', url: '/a/b?token=1', headers: {}, socket: { remoteAddress: '10.0.0.1' }, ...more }
  const response = Object.assign(new EventEmitter(), { statusCode: 200, writableFinished: true, headersSent: true })
  return { request: request as unknown as IncomingMessage, response: response as unknown as ServerResponse }
}

function begun(recorder: Recorder, { request, response }: ReturnType<typeof messages>): TraceRecord {
  const record = recorder.beginRoot(httpRequest, Object.assign(response, { req: request }))
  enterRequestContext(record.requestContext)
  return record
}

function callSite(): void {}
function callSiteOfNobody(): void {}

test('a kept request is a root span with its statements below, and its query string stays here', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const { request, response } = messages({ [CONTEXT_PATH]: '/shop', originalUrl: '/shop/a/b?token=1' })
    const record = begun(recorder, { request, response })
    record.routeTemplate = '/orders/:id'
    recorder.startStatement({ system: 'sqlite', pool: 'shop', text: 'SELECT 42', waitMs: 3 }, callSite).end()
    recorder.endRoot(record)
  })
  const [root, statement] = spans
  expect(root).toMatchObject({
    name: 'GET /shop/orders/:id',
    kind: 2,
    attributes: { 'http.route': '/shop/orders/:id', 'url.path': '/shop/a/b' },
  })
  expect(statement).toMatchObject({
    name: 'SELECT shop',
    kind: 3,
    traceId: root?.traceId,
    parentSpanId: root?.spanId,
    attributes: { 'db.query.text': 'SELECT ?', 'db.system.name': 'sqlite', 'spyglass.pool.wait_ms': 3 },
  })
})

test('a record that has ended is no context any more', () => {
  const { recorder } = prepared()
  runOutside(() => {
    const record = begun(recorder, messages())
    expect(currentRecord()).toBe(record)
    recorder.endRoot(record)
    expect(currentRecord()).toBeUndefined()
    expect([record.detail, record.children]).toEqual([undefined, undefined])
    expect(recorder.active).toBe(0)
  })
})

test('a statement that outlives its request is sent with it unfinished, and again when it has ended', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const record = begun(recorder, messages())
    const statement = recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1' }, callSite)
    recorder.endRoot(record)
    statement.end()
    statement.end()
  })
  const statements = spans.filter((span) => span.kind === 3)
  expect(statements.map((span) => span.attributes?.['spyglass.partial'])).toEqual([true, undefined])
  expect(statements[0]?.spanId).toBe(statements[1]?.spanId)
})

test('a statement that waited for its connection has the place where the application called, not the one where it started', () => {
  const { recorder, spans } = prepared()
  const facade = (): CapturedStack => new CapturedStack(facade)
  runOutside(() => {
    const record = begun(recorder, messages())
    const callSite = facade()
    recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1', callSite }, callSiteOfNobody).end()
    recorder.endRoot(record)
  })
  expect(spans[1]?.attributes).toMatchObject({
    'code.file.path': 'test/agent/recorder/recorder.test.ts',
    'code.line.number': expect.any(Number),
  })
  expect(spans[1]?.attributes).not.toHaveProperty('spyglass.code.earlier')
})

test('the observer of a request is called at its end, before the keep decision', () => {
  const { recorder, spans } = prepared({ slowRequestMs: 1e9 })
  const heard: RecordedRequest[] = []
  runOutside(() => {
    const record = begun(recorder, messages({ [CONTEXT_PATH]: '/shop' }))
    expect(record.durationMs).toBeGreaterThan(0)
    record.routeTemplate = '/orders/:id'
    record.observer = {
      requestEnded(request) {
        heard.push({ ...request, durationMs: request.durationMs, route: request.route })
        record.leaked = true
      },
    }
    recorder.endRoot(record)
    recorder.endRoot(record)
  })
  expect(heard).toMatchObject([{ route: '/shop/orders/:id', routeTemplate: '/orders/:id', durationMs: expect.any(Number) }])
  expect(spans[0]?.attributes).toMatchObject({ 'spyglass.keep.reason': 'leak' })
})

test('the server that hosts applications says what a request belongs to, and other servers mark the request', () => {
  const { recorder, spans } = prepared({ slowRequestMs: 1e-9 })
  runOutside(() => {
    const told = begun(recorder, messages())
    told.observer = { mountedAt: '/shop', application: 'shop', requestEnded: () => {} }
    const marked = begun(recorder, messages({ [CONTEXT_PATH]: '/mounted', [APPLICATION]: 'other' }))
    const neither = begun(recorder, messages())
    neither.observer = { requestEnded: () => {} }
    for (const record of [told, marked, neither]) {
      record.routeTemplate = '/a'
      recorder.endRoot(record)
    }
  })
  expect(spans.map(({ attributes }) => [attributes?.['http.route'], attributes?.['spyglass.application']])).toEqual([
    ['/shop/a', 'shop'],
    ['/mounted/a', 'other'],
    ['/a', undefined],
  ])
})

test('an observer that throws does not keep its request from ending', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const record = begun(recorder, messages())
    record.observer = {
      requestEnded() {
        throw new TypeError('a fault of the observer')
      },
    }
    expect(() => recorder.endRoot(record)).toThrow('a fault of the observer')
  })
  expect(recorder.active).toBe(0)
  expect(spans).toHaveLength(1)
})

const KIND: RootKind<object> = { ...job, isRequest: true, isTracked: true }
const broken = () => {
  throw new TypeError('a fault of the kind')
}

test.each([
  ['ending', { ending: broken }],
  ['status', { status: broken }],
  ['count', { count: broken }],
  ['attributes', { attributes: broken }],
])('a record whose %s fails is released', (_, fault) => {
  const { recorder } = prepared()
  const record = recorder.beginRoot({ ...KIND, ...fault }, { system: 'test', name: 'broken' })
  expect(() => recorder.endRoot(record)).toThrow('a fault of the kind')
  expect([recorder.active, recorder.running.size, record.detail, record.requestContext.record]).toEqual([0, 0, undefined, undefined])
})

test('headers that the application has set to something else keep no request from being recorded', () => {
  const { recorder, spans } = prepared()
  runOutside(() => recorder.endRoot(begun(recorder, messages({ headers: { host: ['a', 'b'], 'user-agent': 7 } }))))
  expect([spans.length, recorder.running.size]).toEqual([1, 0])
})

test('a slow statement outside of any request is a trace of its own, an ordinary one is only counted', () => {
  const { recorder, spans } = prepared({ slowStatementMs: 0 })
  runOutside(() => recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'VACUUM' }, callSite).end())
  expect(spans).toMatchObject([{ name: 'VACUUM p', parentSpanId: undefined }])
  expect(spans[0]?.traceId).toMatch(/^[\da-f]{32}$/)
})

test('a client that hangs up, and what the application gives up then, is no error of the request', () => {
  const { recorder, spans } = prepared()
  const errors = [new DOMException('gone', 'AbortError'), { code: 'ABORT_ERR' }, { code: 'EPIPE' }, new TypeError('broken')]
  runOutside(() => {
    for (const errored of errors) {
      const { request, response } = messages()
      recorder.endRoot(begun(recorder, { request, response: Object.assign(response, { writableFinished: false, errored }) }))
    }
  })
  expect(spans.map(({ attributes }) => attributes?.['error.type'])).toEqual(['aborted', 'aborted', 'aborted', 'TypeError'])
})

test('a command that waits for others is counted and is never slow by itself, any other is', () => {
  const { recorder, spans } = prepared({ slowRequestMs: 1e9, slowStatementMs: 1 })
  const slow = (text: string, system = 'redis') => {
    const child = recorder.startStatement({ system, pool: 'p', text }, callSite)
    child.end(undefined, (child as unknown as { startMs: number }).startMs + 60_000)
  }
  runOutside(() => {
    for (const text of ['blpop ? ?', 'BRPOP ? ?', 'xread ? ? ? ?', 'xreadgroup ?', 'wait ? ?', 'bzmpop ? ?']) slow(text)
    const record = begun(recorder, messages())
    slow('blmove ? ? ? ? ?')
    recorder.endRoot(record)
    slow('lpop ?')
    slow('WAIT ?', 'mysql')
  })
  expect(spans.map(({ attributes }) => attributes?.['db.query.text'])).toEqual(['lpop ?', 'WAIT ?'])
})

test('children beyond the bound are counted and not kept', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const record = begun(recorder, messages())
    for (let n = 0; n < 300; n++) recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1' }, callSite).end()
    recorder.endRoot(record)
  })
  expect(spans.length).toBe(257)
  expect(spans[0]?.attributes?.['spyglass.children.dropped']).toBe(44)
})

test('a long-running request is sent once as a partial record, and superseded in spite of the limit', () => {
  const { recorder, spans } = prepared({ keptPerSecond: 1 })
  runOutside(() => {
    const record = begun(recorder, messages())
    recorder.exportLongRunning(record.startMs + 5001)
    recorder.exportLongRunning(record.startMs + 6001)
    recorder.endRoot(record)
  })
  expect(spans.map((span) => [span.attributes?.['spyglass.partial'], span.attributes?.['spyglass.keep.reason']])).toEqual([
    [true, 'running'],
    [undefined, 'slow'],
  ])
  expect(new Set(spans.map((span) => span.spanId)).size).toBe(1)
})

test('a statement goes to the request that it was started in, whatever runs when it ends', () => {
  const { recorder, spans } = prepared()
  const roots = ['a', 'b'].map(() => runOutside(() => begun(recorder, messages())))
  const [a, b] = roots
  if (!a || !b) throw new TypeError('two records were begun')
  const statement = runInRequestContext(a.requestContext, () =>
    recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1' }, callSite),
  )
  runInRequestContext(b.requestContext, () => statement.end())
  recorder.endRoot(b)
  recorder.endRoot(a)
  expect(spans.map((span) => span.kind)).toEqual([2, 2, 3])
  expect(spans[2]?.traceId).toBe(spans[1]?.traceId)
})

test('an exception that the application answers with a status below 500 is no failure', () => {
  for (const [statusCode, writableFinished, reasons] of [
    [404, true, []],
    [500, true, ['error']],
    [200, true, []],
    [303, true, []],
    [200, false, ['aborted']],
  ] as const) {
    const { recorder, spans } = prepared({ slowRequestMs: 1e9 })
    runOutside(() => {
      const { request, response } = messages()
      const record = begun(recorder, { request, response })
      record.error = new Error('not found')
      Object.assign(response, { statusCode, writableFinished })
      recorder.endRoot(record)
    })
    expect(spans.map((span) => span.attributes?.['spyglass.keep.reason'])).toEqual(reasons)
  }
})

test('an error of any kind is recorded without harm', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const record = begun(recorder, messages())
    for (const error of [null, 'text', 7, { code: 'E1' }, Object.create(null), new RangeError('range')]) {
      recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1' }, callSite).end(error)
    }
    recorder.endRoot(record)
  })
  expect(spans.slice(1).map((span) => span.attributes?.['error.type'])).toEqual(['object', 'string', 'number', 'E1', 'Error', 'RangeError'])
})

test('every failure is counted by its error, kept or not; what a client gave up is none', () => {
  const aggregates = new Aggregates(0)
  const spans: SpanRecord[] = []
  const recorder = new Recorder({
    aggregates,
    exporter: { exportSpans: (records) => void spans.push(...records) },
    policy: { ...POLICY, keptPerSecond: 1 },
  })
  const end = (more: object, error?: unknown) =>
    runOutside(() => {
      const { request, response } = messages()
      const record = begun(recorder, { request, response: Object.assign(response, more) })
      record.routeTemplate = '/orders/:id'
      recorder.endRoot(record, error)
    })
  for (let turn = 0; turn < 10; turn++) end({ statusCode: 500 }, new TypeError(`order ${turn} is gone`))
  for (let turn = 0; turn < 3; turn++) end({ statusCode: 503 })
  end({ statusCode: 404 }, new TypeError('a wrong client'))
  end({ writableFinished: false })
  recorder.countUncaught(new TypeError('nobody caught it'))
  const errors = aggregates.collect(1).find(({ name }) => name === 'spyglass.error.duration')?.points ?? []
  expect(errors.map(({ attributes }) => [attributes?.['exception.type'], attributes?.['exception.message']])).toEqual([
    ['TypeError', 'order ? is gone'],
    ['503', 'GET /orders/:id was answered 503'],
    ['TypeError', 'nobody caught it'],
  ])
  expect(errors.map((point) => 'count' in point && point.count)).toEqual([10, 3, 1])
  expect(errors[0]?.attributes).toMatchObject({ 'code.file.path': 'test/agent/recorder/recorder.test.ts' })
  const root = spans.find(({ kind }) => kind === 2)
  expect(root?.attributes?.['spyglass.error.fingerprint']).toBe(errors[0]?.attributes?.['spyglass.error.fingerprint'])
})
