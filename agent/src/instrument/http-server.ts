/** Requests of node:http and node:https servers, by Node's own channels. */
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Recorder } from '../recorder/recorder.ts'
import type { TraceRecord } from '../recorder/trace-record.ts'
import { guarded } from '../guard/guard.ts'

const RECORD = Symbol('spyglass.record')

interface RecordedResponse extends ServerResponse {
  [RECORD]?: TraceRecord | undefined
}

/** The record of a response that has not been closed. */
export function recordOf(response: object): TraceRecord | undefined {
  return (response as RecordedResponse)[RECORD]
}

export function instrumentHttpServer(recorder: Recorder): void {
  const onClose = guarded('http.server.close', (response: RecordedResponse) => {
    const record = response[RECORD]
    response[RECORD] = undefined
    if (record) recorder.endRequest(record)
  })
  // One listener for all responses: `finish` never comes for a client that gave up, `close` always does.
  function onResponseClose(this: RecordedResponse): void {
    onClose(this)
  }
  subscribe(
    'http.server.request.start',
    guarded('http.server.request.start', (message: unknown) => {
      const { request, response } = message as { request: IncomingMessage; response: RecordedResponse }
      response[RECORD] = recorder.beginRequest(request, response)
      response.on('close', onResponseClose)
    }),
  )
}
