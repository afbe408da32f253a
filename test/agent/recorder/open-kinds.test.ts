import { expect, test } from 'vitest'
import { SiteMemory } from '../../../agent/src/call-site/site-memory.ts'
import type { ChildKind } from '../../../agent/src/recorder/child.ts'
import { currentRecord, runInRequestContext } from '../../../agent/src/recorder/context.ts'
import { job } from '../../../agent/src/recorder/kinds/job.ts'
import { processedMessage, sentMessage } from '../../../agent/src/recorder/kinds/message.ts'
import { poolWait } from '../../../agent/src/recorder/kinds/pool-wait.ts'
import { RunningSpans } from '../../../agent/src/recorder/running-spans.ts'
import { runRoot } from '../../../agent/src/recorder/run-root.ts'
import { codeAttributes } from '../../../agent/src/recorder/span-parts.ts'
import { remoteParentIn } from '../../../agent/src/recorder/propagation.ts'
import { recording } from './fixture.ts'

const NIGHTLY = { kind: job, detail: { system: 'node-cron', name: 'nightly' }, name: 'nightly' }
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const MESSAGE = {
  kind: processedMessage,
  detail: {
    system: 'rabbitmq',
    destination: 'orders',
    operation: 'process',
    parent: remoteParentIn((name) => ({ traceparent: `00-${TRACE}-b7ad6b7169203331-01`, tracestate: 'a=1' })[name]),
  },
  name: 'orders',
}

/** A kind as an instrumentation declares it. */
interface Lookup {
  readonly host: string
  readonly memory: SiteMemory
}
const lookup: ChildKind<Lookup> = {
  name: 'dns.lookup',
  memory: ({ memory }) => memory,
  span: (child) => ({ name: 'lookup', kind: 3, attributes: { 'dns.question.name': child.detail.host, ...codeAttributes(child) } }),
}

test('a job is a root with its statements below, counted by its name', async () => {
  const { recorder, spans, counted } = recording()
  const result = await runRoot(recorder, NIGHTLY, async () => {
    await Promise.resolve()
    recorder.startStatement({ system: 'sqlite', pool: 'shop', text: 'SELECT 42' }, undefined).end()
    return 'done'
  })
  expect([result, recorder.active, recorder.running.size]).toEqual(['done', 0, 0])
  expect(spans.map(({ name, kind, parentSpanId }) => [name, kind, parentSpanId])).toEqual([
    ['run nightly', 1, undefined],
    ['SELECT shop', 3, spans[0]?.spanId],
  ])
  expect(counted('spyglass.job.duration')).toEqual([{ 'spyglass.job.system': 'node-cron', 'spyglass.job.name': 'nightly' }])
})

test('a job that fails is kept, counted as failed, and its caller gets the failure', async () => {
  for (const failing of [
    () => Promise.reject(new RangeError('no')),
    () => {
      throw new RangeError('no')
    },
  ]) {
    const { recorder, spans, counted } = recording({ slowRequestMs: 1e9 })
    await expect((async () => runRoot(recorder, NIGHTLY, failing))()).rejects.toThrow(RangeError)
    expect(spans).toMatchObject([
      {
        name: 'run nightly',
        status: { code: 'error', message: 'no' },
        attributes: { 'spyglass.keep.reason': 'error', 'error.type': 'RangeError' },
      },
    ])
    expect(counted('spyglass.job.duration')).toMatchObject([{ 'error.type': 'RangeError' }])
  }
})

test('a message goes on with the trace of its sender', () => {
  const { recorder, spans, counted } = recording()
  runRoot(recorder, MESSAGE, () => {
    recorder.startChild(sentMessage, { system: 'rabbitmq', destination: 'mails', operation: 'publish' }).end()
  })
  expect(spans).toMatchObject([
    {
      name: 'process orders',
      kind: 5,
      traceId: TRACE,
      parentSpanId: 'b7ad6b7169203331',
      traceState: 'a=1',
      attributes: { 'messaging.operation.type': 'process' },
    },
    { name: 'publish mails', kind: 4, traceId: TRACE, attributes: { 'messaging.destination.name': 'mails' } },
  ])
  expect(counted('messaging.process.duration')).toEqual([
    { 'messaging.system': 'rabbitmq', 'messaging.operation.name': 'process', 'messaging.destination.name': 'orders' },
  ])
})

test('roots and children of any kind are on disk while they run, partial when they run long, and sent again when they end late', () => {
  const { recorder, spans } = recording()
  const running = new RunningSpans(recorder.running)
  const record = recorder.beginRoot(job, NIGHTLY.detail)
  record.routeTemplate = 'nightly'
  const child = runInRequestContext(record.requestContext, () => recorder.startChild(lookup, { host: 'db', memory: new SiteMemory() }))
  expect(running.spans(true)?.map(({ request }) => request)).toEqual([undefined, undefined])
  recorder.exportLongRunning(record.startMs + 5001)
  recorder.endRoot(record)
  expect(recorder.running.size).toBe(0)
  child.end()
  expect(spans.map(({ name, attributes }) => [name, attributes?.['spyglass.partial']])).toEqual([
    ['run nightly', true],
    ['lookup', true],
    ['run nightly', undefined],
    ['lookup', true],
    ['lookup', undefined],
  ])
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(2)
})

test('a kind with a memory has its call sites, and one that is slow keeps its request', () => {
  const { recorder, spans } = recording({ slowRequestMs: 1e9, slowStatementMs: 1 })
  const memory = new SiteMemory()
  function resolve(): void {
    const child = recorder.startChild(lookup, { host: 'db', memory }, resolve)
    child.end(undefined, child.startMs + 5)
  }
  runRoot(recorder, NIGHTLY, resolve)
  expect(spans[0]?.attributes).toMatchObject({ 'spyglass.keep.reason': 'slow' })
  expect(spans[1]?.attributes).toMatchObject({ 'code.file.path': 'test/agent/recorder/open-kinds.test.ts', 'dns.question.name': 'db' })
})

test('a wait for a pool is counted by the pool', () => {
  const { recorder, counted } = recording()
  recorder.startChild(poolWait, { system: 'mysql', pool: 'shop' }).end()
  recorder.startChild(poolWait, { system: 'mysql', pool: 'shop' }).end(Object.assign(new Error('full'), { code: 'POOL_FULL' }))
  expect(counted('db.client.connection.wait_time')).toEqual([
    { 'db.system.name': 'mysql', 'db.client.connection.pool.name': 'shop' },
    { 'db.system.name': 'mysql', 'db.client.connection.pool.name': 'shop', 'error.type': 'POOL_FULL' },
  ])
})

test('a thenable that is no promise is neither executed nor replaced', () => {
  const { recorder, spans } = recording()
  let executed = 0
  const query = { where: () => query }
  Object.setPrototypeOf(query, new Proxy({}, { get: (_, name) => name === 'then' && (() => executed++) })) // as a query builder is
  expect(runRoot(recorder, NIGHTLY, () => query)).toBe(query)
  expect([executed, spans.length]).toEqual([0, 1])
})

test('a root is the context of its function and of nothing else', () => {
  const { recorder } = recording()
  runRoot(recorder, NIGHTLY, () => expect(currentRecord()?.routeTemplate).toBe('nightly'))
  expect(currentRecord()).toBeUndefined()
})
