import { expect, test } from 'vitest'
import { processJob, sendJob } from '../../../agent/src/agent/jobs.ts'
import { processedMessage } from '../../../agent/src/recorder/kinds/message.ts'
import { runRoot } from '../../../agent/src/recorder/run-root.ts'
import { recording } from '../recorder/fixture.ts'

const orders = { system: 'spyglass', queue: 'orders', id: 'order-7' }
const request = {
  kind: processedMessage,
  detail: { system: 'test', destination: 'page', operation: 'process', parent: undefined },
  name: 'page',
}

test('a job that is added is a child, and a root of the same trace where it runs, with its statements', async () => {
  const { recorder, spans, counted } = recording()
  const headers = runRoot(recorder, request, () => {
    const sent = sendJob(recorder, orders)!
    sent.end()
    return sent.headers
  })
  await new Promise(setImmediate)
  const result = await processJob(recorder, { ...orders, headers }, async () => {
    recorder.startStatement({ system: 'sqlite', pool: 'shop', text: 'SELECT 42' }, undefined).end()
    return await Promise.resolve('done')
  })
  expect(result).toBe('done')
  const named = (name: string) => spans.find((span) => span.name === name)!
  expect(named('process orders')).toMatchObject({
    traceId: named('add orders').traceId,
    parentSpanId: named('add orders').spanId,
    attributes: { 'messaging.system': 'spyglass', 'messaging.destination.name': 'orders', 'messaging.message.id': 'order-7' },
  })
  expect(named('SELECT shop').parentSpanId).toBe(named('process orders').spanId)
  expect(counted('messaging.process.duration')).toContainEqual(expect.objectContaining({ 'messaging.destination.name': 'orders' }))
})

test('a job that fails is an error with its stack, and its caller gets the failure; without trace context it is a trace of its own', async () => {
  const { recorder, spans } = recording()
  await expect(
    processJob(recorder, { ...orders, headers: { traceparent: 'nonsense' } }, () => Promise.reject(new RangeError('no'))),
  ).rejects.toThrow(RangeError)
  expect(spans).toMatchObject([
    { name: 'process orders', status: { code: 'error', message: 'no' }, attributes: { 'error.type': 'RangeError' } },
  ])
  expect(spans[0]?.parentSpanId).toBeUndefined()
  expect(JSON.stringify(spans[0])).toContain('jobs.test.ts')
})

test('nothing is carried where the application does that itself', () => {
  const { recorder } = recording()
  recorder.propagates = false
  expect(runRoot(recorder, request, () => sendJob(recorder, orders)?.headers)).toEqual({})
})
