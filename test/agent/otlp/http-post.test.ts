import { expect, test } from 'vitest'
import { createPoster, retryAfter } from '../../../agent/src/otlp/http-post.ts'
import { startOtlpSink } from '../../support/otlp-sink.ts'

test('Retry-After is understood in seconds and as a date', () => {
  expect(retryAfter('3')).toBe(3000)
  expect(retryAfter('Tue, 14 Nov 2023 22:13:25 GMT', 1_700_000_000_000)).toBe(5000)
  expect(retryAfter('Tue, 14 Nov 2023 22:13:00 GMT', 1_700_000_000_000)).toBe(0)
  expect(retryAfter('soon')).toBeUndefined()
  expect(retryAfter(undefined)).toBeUndefined()
})

test('a body goes out with its headers, compressed when asked', async ({ onTestFinished }) => {
  const sink = await startOtlpSink()
  onTestFinished(() => sink.stop())
  for (const gzip of [false, true]) {
    const poster = createPoster({ headers: { authorization: 'Bearer x' }, gzip, timeoutMs: 2000 })
    expect(await poster.post(new URL(`${sink.endpoint}/v1/other`), Buffer.from('body'))).toEqual({ status: 200, retryAfterMs: undefined })
    poster.close()
  }
  expect(sink.bodies.map(({ body, headers }) => [body.toString(), headers.authorization, headers['content-encoding']])).toEqual([
    ['body', 'Bearer x', undefined],
    ['body', 'Bearer x', 'gzip'],
  ])
})

test('nobody there is status 0, not an exception', async () => {
  const poster = createPoster({ headers: {}, gzip: false, timeoutMs: 2000 })
  expect((await poster.post(new URL('http://127.0.0.1:1/v1/traces'), Buffer.from('x'))).status).toBe(0)
})
