import { expect, test } from 'vitest'
import { HttpCall, httpCall } from '../../../../agent/src/recorder/kinds/http-call.ts'
import { recording } from '../fixture.ts'
import { runRoot } from '../../../../agent/src/recorder/run-root.ts'
import { job } from '../../../../agent/src/recorder/kinds/job.ts'

test('a call is named by its method, without its query, and fails with its status', () => {
  const { recorder, spans, counted } = recording()
  runRoot(recorder, { kind: job, detail: { system: 'test', name: 'calls' }, name: 'calls' }, () => {
    const call = recorder.startChild(httpCall, new HttpCall('POST', 'https://pay.example', '/charge?card=4111'))
    call.detail.status = 502
    call.end()
  })
  expect(spans[1]).toMatchObject({
    name: 'POST',
    kind: 3,
    status: { code: 'error' },
    attributes: { 'url.full': 'https://pay.example/charge', 'server.address': 'pay.example', 'server.port': 443, 'error.type': '502' },
  })
  expect(counted('http.client.request.duration')).toMatchObject([{ 'http.response.status_code': 502, 'error.type': '502' }])
})
