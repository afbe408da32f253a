/** Requests of node:http and node:https servers, by Node's own channels. */
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Recorder } from '../recorder/recorder.ts'
import type { TraceRecord } from '../recorder/trace-record.ts'
import { guarded, reportFault } from '../guard/guard.ts'

const RECORD = Symbol('spyglass.record')

interface RecordedResponse extends ServerResponse {
  [RECORD]?: TraceRecord | undefined
}

/** The record of a response that has not been closed. */
export function recordOf(response: object): TraceRecord | undefined {
  return (response as RecordedResponse)[RECORD]
}

export function instrumentHttpServer(recorder: Recorder): void {
  // One listener for all responses: `finish` never comes for a client that gave up, `close` always does.
  function onResponseClose(this: RecordedResponse): void {
    try {
      const record = this[RECORD]
      this[RECORD] = undefined
      if (record) recorder.endRequest(record)
    } catch (error) {
      reportFault('http.server.close', error)
    }
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
