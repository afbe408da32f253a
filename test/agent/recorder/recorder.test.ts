import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { SpanRecord } from '@spyglass/agent/otlp'
import { Aggregates } from '../../../agent/src/aggregate/aggregates.ts'
import type { RecordedRequest } from '../../../agent/src/current-agent.ts'
import { CapturedStack } from '../../../agent/src/call-site/call-site.ts'
import { currentRecord, runInRequestContext, runOutside } from '../../../agent/src/recorder/context.ts'
import { Recorder, type RecorderOptions } from '../../../agent/src/recorder/recorder.ts'
import { CONTEXT_PATH } from '../../../agent/src/current-agent.ts'

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

function callSite(): void {}
function callSiteOfNobody(): void {}

test('a kept request is a root span with its statements below, and its query string stays here', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const { request, response } = messages({ [CONTEXT_PATH]: '/shop', originalUrl: '/shop/a/b?token=1' })
    const record = recorder.beginRequest(request, response)
    record.routeTemplate = '/orders/:id'
    recorder.startStatement({ system: 'sqlite', pool: 'shop', text: 'SELECT 42', waitMs: 3 }, callSite).end()
    recorder.endRequest(record)
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
    const record = recorder.beginRequest(...(Object.values(messages()) as [IncomingMessage, ServerResponse]))
    expect(currentRecord()).toBe(record)
    recorder.endRequest(record)
    expect(currentRecord()).toBeUndefined()
    expect([record.request, record.response, record.children]).toEqual([undefined, undefined, undefined])
    expect(recorder.active).toBe(0)
  })
})

test('a statement that outlives its request is sent with it unfinished, and again when it has ended', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const record = recorder.beginRequest(...(Object.values(messages()) as [IncomingMessage, ServerResponse]))
    const statement = recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1' }, callSite)
    recorder.endRequest(record)
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
    const record = recorder.beginRequest(...(Object.values(messages()) as [IncomingMessage, ServerResponse]))
    const callSite = facade()
    recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1', callSite }, callSiteOfNobody).end()
    recorder.endRequest(record)
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
    const record = recorder.beginRequest(...(Object.values(messages({ [CONTEXT_PATH]: '/shop' })) as [IncomingMessage, ServerResponse]))
    expect(record.durationMs).toBeGreaterThan(0)
    record.routeTemplate = '/orders/:id'
    record.observer = {
      requestEnded(request) {
        heard.push({ ...request, durationMs: request.durationMs, route: request.route })
        record.leaked = true
      },
    }
    recorder.endRequest(record)
    recorder.endRequest(record)
  })
  expect(heard).toMatchObject([{ route: '/shop/orders/:id', routeTemplate: '/orders/:id', durationMs: expect.any(Number) }])
  expect(spans[0]?.attributes).toMatchObject({ 'spyglass.keep.reason': 'leak' })
})

test('an observer that throws does not keep its request from ending', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const record = recorder.beginRequest(...(Object.values(messages()) as [IncomingMessage, ServerResponse]))
    record.observer = {
      requestEnded() {
        throw new TypeError('a fault of the observer')
      },
    }
    expect(() => recorder.endRequest(record)).toThrow('a fault of the observer')
  })
  expect(recorder.active).toBe(0)
  expect(spans).toHaveLength(1)
})

test('a slow statement outside of any request is a trace of its own, an ordinary one is only counted', () => {
  const { recorder, spans } = prepared({ slowStatementMs: 0 })
  runOutside(() => recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'VACUUM' }, callSite).end())
  expect(spans).toMatchObject([{ name: 'VACUUM p', parentSpanId: undefined }])
  expect(spans[0]?.traceId).toMatch(/^[\da-f]{32}$/)
})

test('children beyond the bound are counted and not kept', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const record = recorder.beginRequest(...(Object.values(messages()) as [IncomingMessage, ServerResponse]))
    for (let n = 0; n < 300; n++) recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1' }, callSite).end()
    recorder.endRequest(record)
  })
  expect(spans.length).toBe(257)
  expect(spans[0]?.attributes?.['spyglass.children.dropped']).toBe(44)
})

test('a long-running request is sent once as a partial record, and superseded in spite of the limit', () => {
  const { recorder, spans } = prepared({ keptPerSecond: 1 })
  runOutside(() => {
    const record = recorder.beginRequest(...(Object.values(messages()) as [IncomingMessage, ServerResponse]))
    recorder.exportLongRunning(record.startMs + 5001)
    recorder.exportLongRunning(record.startMs + 6001)
    recorder.endRequest(record)
  })
  expect(spans.map((span) => [span.attributes?.['spyglass.partial'], span.attributes?.['spyglass.keep.reason']])).toEqual([
    [true, 'running'],
    [undefined, 'slow'],
  ])
  expect(new Set(spans.map((span) => span.spanId)).size).toBe(1)
})

test('a statement goes to the request that it was started in, whatever runs when it ends', () => {
  const { recorder, spans } = prepared()
  const roots = ['a', 'b'].map(() =>
    runOutside(() => recorder.beginRequest(...(Object.values(messages()) as [IncomingMessage, ServerResponse]))),
  )
  const [a, b] = roots
  if (!a || !b) throw new TypeError('two records were begun')
  const statement = runInRequestContext(a.requestContext, () =>
    recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1' }, callSite),
  )
  runInRequestContext(b.requestContext, () => statement.end())
  recorder.endRequest(b)
  recorder.endRequest(a)
  expect(spans.map((span) => span.kind)).toEqual([2, 2, 3])
  expect(spans[2]?.traceId).toBe(spans[1]?.traceId)
})

test('an exception that the application answers with a status below 500 is no failure', () => {
  for (const [statusCode, reasons] of [
    [404, []],
    [500, ['error']],
    [200, ['error']],
  ] as const) {
    const { recorder, spans } = prepared({ slowRequestMs: 1e9 })
    runOutside(() => {
      const { request, response } = messages()
      const record = recorder.beginRequest(request, response)
      record.error = new Error('not found')
      response.statusCode = statusCode
      recorder.endRequest(record)
    })
    expect(spans.map((span) => span.attributes?.['spyglass.keep.reason'])).toEqual(reasons)
  }
})

test('an error of any kind is recorded without harm', () => {
  const { recorder, spans } = prepared()
  runOutside(() => {
    const record = recorder.beginRequest(...(Object.values(messages()) as [IncomingMessage, ServerResponse]))
    for (const error of [null, 'text', 7, { code: 'E1' }, Object.create(null), new RangeError('range')]) {
      recorder.startStatement({ system: 'sqlite', pool: 'p', text: 'SELECT 1' }, callSite).end(error)
    }
    recorder.endRequest(record)
  })
  expect(spans.slice(1).map((span) => span.attributes?.['error.type'])).toEqual(['object', 'string', 'number', 'E1', 'Error', 'RangeError'])
})
