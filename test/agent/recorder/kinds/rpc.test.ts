import { expect, test } from 'vitest'
import type { SpanRecord } from '@spyglass/agent/otlp'
import { Aggregates } from '../../../../agent/src/aggregate/aggregates.ts'
import type { ServedStream } from '../../../../agent/src/recorder/kinds/http2-request.ts'
import { isRpc, rpcMethodOf, rpcStatusOf, servedRpc } from '../../../../agent/src/recorder/kinds/rpc.ts'
import { Recorder } from '../../../../agent/src/recorder/recorder.ts'

test('statuses have their names, and what is none is unknown', () => {
  expect([rpcStatusOf('0'), rpcStatusOf('16'), rpcStatusOf('17'), rpcStatusOf('x'), rpcStatusOf(undefined)]).toEqual(['OK', 'UNAUTHENTICATED', 'UNKNOWN', 'UNKNOWN', '']) // prettier-ignore
})

test('calls are known by their media type, and named by their path', () => {
  expect(['application/grpc', 'application/grpc+proto', 'application/json', undefined].map(isRpc)).toEqual([true, true, false, false])
  expect([rpcMethodOf('/shop.Orders/Get'), rpcMethodOf(undefined)]).toEqual(['shop.Orders/Get', ''])
})

test('anyone may ask for any method: those that the server does not have count together, as requests and as errors', () => {
  const spans: SpanRecord[] = []
  const aggregates = new Aggregates(0)
  const recorder = new Recorder({
    aggregates,
    exporter: { exportSpans: (records) => void spans.push(...records) },
    policy: { slowRequestMs: 1e9, keptPerSecond: 1000, baselinePerMinute: 0, slowStatementMs: 1e9, partialAfterMs: 1e9 },
  })
  const call = (method: string, status?: string): void => {
    const stream = { sentHeaders: {}, sentTrailers: { 'grpc-status': status }, aborted: status === undefined }
    const record = recorder.beginRoot(servedRpc, {
      stream,
      headers: { ':path': `/${method}` },
      clientAddress: '',
    } as unknown as ServedStream)
    record.routeTemplate = method
    recorder.endRoot(record)
  }
  for (let i = 0; i < 50; i++) call(`guessed.Name/Of${i}`, '12')
  call('guessed.Name/GivenUp')
  call('shop.Orders/Get', '0')
  call('shop.Orders/Get')
  const points = aggregates.collect(1).flatMap(({ name, points: its }) => its.map((point) => [name, point] as const))
  const counted = (metric: string, attribute: string): unknown[] =>
    points
      .filter(([name]) => name === metric)
      .map(([, { attributes = {}, ...point }]) => [attributes[attribute], (point as { count?: number }).count])
  expect(counted('rpc.server.call.duration', 'rpc.method')).toEqual([
    ['_OTHER', 50],
    ['_OTHER', 1],
    ['shop.Orders/Get', 1],
    ['shop.Orders/Get', 1],
  ])
  expect(counted('spyglass.error.duration', 'exception.type')).toEqual([['UNIMPLEMENTED', 50]])
  expect(spans[0]).toMatchObject({ name: '_OTHER', attributes: { 'url.path': '/guessed.Name/Of0' } })
})
