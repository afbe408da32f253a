/** Requests of node:http and node:https servers, by Node's own channels. */
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { UNRECORDED } from '../contract/request-marks.ts'
import { enterRequestContext } from '../recorder/context.ts'
import { isIgnored } from '../recorder/ignored-paths.ts'
import { httpRequest } from '../recorder/kinds/http-request.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { TraceRecord } from '../recorder/trace-record.ts'
import { KEEP_HEADER } from '../recorder/wishes/forced.ts'
import { attempt, reportFault } from '../guard/guard.ts'
import { bringHere } from './events-here.ts'
import type { Instrumentation } from './instrumentation.ts'

const RECORD = Symbol('spyglass.record')
const PREPARED = Symbol('spyglass.prepared')

interface Recorded {
  [RECORD]?: TraceRecord | undefined
}

interface RecordedResponse extends ServerResponse, Recorded {}

interface ServerSocket extends Socket {
  readonly [UNRECORDED]?: true
  [PREPARED]?: true
  /** Node's own: what reads the connection, and the response that has it now. */
  readonly parser?: unknown
  readonly _httpMessage?: RecordedResponse | null
}

/** The record of a response that has not been closed; one of HTTP/2 in its compatible form has it on its stream. */
export function recordOf(response: object): TraceRecord | undefined {
  return (response as Recorded)[RECORD] ?? (response as { stream?: Recorded }).stream?.[RECORD]
}

/** Notes or, with undefined, forgets it. */
export function setRecordOf(response: object, record: TraceRecord | undefined): void {
  ;(response as Recorded)[RECORD] = record
}

export const httpServer: Instrumentation = {
  name: 'http-server',
  by: 'channel',
  records: 'requests of node:http and node:https servers',
  kinds: [httpRequest.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach({ recorder }) {
    // One listener for all responses: `finish` never comes for a client that gave up, `close` always does.
    function onResponseClose(this: RecordedResponse): void {
      try {
        const record = this[RECORD]
        if (record && this.listenerCount('close') > 1) return endBehindListeners(recorder, this, record)
        this[RECORD] = undefined
        if (record) recorder.endRoot(record)
      } catch (error) {
        reportFault('http.server.close', error)
      }
    }
    // Guarded here and not by `guarded`, through which every hook goes: V8 can then inline what runs for each request.
    subscribe('http.server.request.start', (message: unknown) => {
      try {
        const { request, response } = message as { readonly request: IncomingMessage; readonly response: RecordedResponse }
        const socket = request.socket as ServerSocket
        if (socket[UNRECORDED]) return
        if (isIgnored(request.url)) return enterRequestContext(undefined) // an earlier request of the connection may have left its own
        const record = recorder.beginRoot(httpRequest, response)
        enterRequestContext(record.requestContext)
        response[RECORD] = record
        response.on('close', onResponseClose)
        if (!socket[PREPARED]) prepare(socket)
        const marks = marksOf(request.rawHeaders)
        record.mayHaveWish = (marks & WISH) !== 0
        if (marks & BODY) bringHere(socket.parser)
      } catch (error) {
        reportFault('http.server.request.start', error)
      }
    })
  },
}

/** What the application's listeners begin as the response closes belongs to the request. */
function endBehindListeners(recorder: Recorder, response: RecordedResponse, record: TraceRecord): void {
  enterRequestContext(record.requestContext)
  queueMicrotask(() => {
    response[RECORD] = undefined
    attempt('http.server.close', () => recorder.endRoot(record), undefined)
  })
}

/** When the client hangs up, all that follows comes out of the socket's `close`: `aborted`, `error` and `close` of the request, `close` of the response. */
function prepare(socket: ServerSocket): void {
  socket[PREPARED] = true
  socket.prependListener('close', onSocketClose)
}

function onSocketClose(this: ServerSocket): void {
  const record = this._httpMessage?.[RECORD]
  if (record) enterRequestContext(record.requestContext)
}

/** It has a body: without one, none of its events comes later. */
const BODY = 1
/** Its caller may have said whether it wants it kept. */
const WISH = 2
const NAMES: Readonly<Record<number, readonly [name: string, mark: number]>> = {
  [KEEP_HEADER.length]: [KEEP_HEADER, WISH],
  10: ['tracestate', WISH],
  14: ['content-length', BODY],
  17: ['transfer-encoding', BODY],
}

/** Names are compared by their length first, since this runs for every request. */
function marksOf(rawHeaders: readonly string[]): number {
  let marks = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const known = NAMES[name.length]
    if (known && name.toLowerCase() === known[0]) marks |= known[1]
  }
  return marks
}
