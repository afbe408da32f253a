import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runInRequestContext } from '../../../agent/src/recorder/context.ts'
import { httpRequest } from '../../../agent/src/recorder/kinds/http-request.ts'
import { job } from '../../../agent/src/recorder/kinds/job.ts'
import { cancelRequest, runningRequests } from '../../../agent/src/recorder/running-requests.ts'
import { recording } from './fixture.ts'

/** A request that a server of this process got and has not answered. */
async function unanswered() {
  const received = Promise.withResolvers<ServerResponse>()
  const server = createServer((_request, response) => received.resolve(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const answer = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`)
  answer.catch(() => {})
  return { answer, response: await received.promise }
}

test('what runs is shown with its age and what it waits for', async () => {
  const { recorder } = recording()
  const { response } = await unanswered()
  const record = recorder.beginRoot(httpRequest, response)
  record.routeTemplate = '/orders'
  const statement = runInRequestContext(record.requestContext, () =>
    recorder.startStatement({ text: 'SELECT 1 FROM orders WHERE id = 7', system: 'postgresql', pool: 'shop' }, undefined),
  )
  const [shown] = runningRequests(recorder.running)
  expect(shown).toMatchObject({ name: 'GET /orders', cancellable: true, traceId: record.traceId, id: record.spanId })
  expect(shown?.waitsFor).toBe('statement SELECT ? FROM orders WHERE id = ?')
  statement.end()
  expect(runningRequests(recorder.running)[0]).toMatchObject({ waitsFor: '', waitMs: 0 })
  recorder.endRoot(record)
  expect(runningRequests(recorder.running)).toEqual([])
})

test('one is cancelled: its client gets no answer, its signal is aborted, its trace says so', async () => {
  const { recorder, spans } = recording()
  const { answer, response } = await unanswered()
  const record = recorder.beginRoot(httpRequest, response)
  const { signal } = record
  response.on('close', () => recorder.endRoot(record))
  expect(cancelRequest(recorder.running, 'none')).toBe(false)
  expect(cancelRequest(recorder.running, record.spanId)).toBe(true)
  expect(signal.aborted).toBe(true)
  await expect(answer).rejects.toThrow('fetch failed')
  expect(spans[0]?.attributes).toMatchObject({ 'spyglass.cancelled': true, 'spyglass.keep.reason': 'aborted' })
})

test('a job can be cancelled if it asked for the signal', () => {
  const { recorder } = recording()
  const [deaf, listening] = ['a', 'b'].map((name) => recorder.beginRoot(job, { name } as never))
  const signal = listening?.signal
  expect(runningRequests(recorder.running).map(({ cancellable }) => cancellable)).toEqual([false, true])
  expect(cancelRequest(recorder.running, deaf?.spanId ?? '')).toBe(false)
  expect(cancelRequest(recorder.running, listening?.spanId ?? '')).toBe(true)
  expect(signal?.aborted).toBe(true)
})
