/**
 * Calls through http.request and https.request, and so those of axios, got, node-fetch and follow-redirects. Node's channels publish the head
 * of the response only; the end of the body is the request's `close`, which comes for every request however it ends. The agent's exporter
 * does not come through here.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Child } from '../recorder/child.ts'
import { now } from '../recorder/clock.ts'
import { calledHeaders } from '../recorder/kinds/http-headers.ts'
import { HttpCall, cancelCall, httpCall } from '../recorder/kinds/http-call.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { valueIn } from '../recorder/error-text.ts'
import { guarded, reportFault } from '../guard/guard.ts'
import { faultOf, isCancellation } from '../recorder/cancellation.ts'
import { contentLengthIn, contentLengthOf } from './content-length.ts'
import type { Instrumentation } from './instrumentation.ts'
import { type Carrier, injectInto } from './outgoing-context.ts'

const CHILD = Symbol('spyglass.child')

interface RecordedRequest extends ClientRequest {
  [CHILD]?: Child<HttpCall> | undefined
  readonly res?: IncomingMessage | null
  readonly timeout?: number
  readonly upgradeOrConnect?: boolean
}

interface Message {
  readonly request: RecordedRequest
  readonly response?: IncomingMessage
  readonly error?: unknown
}

const carrier: Carrier<RecordedRequest> = {
  has: (request, header) => request.hasHeader(header),
  write: (request, header, value) => void request.setHeader(header, value),
}

export const httpClient: Instrumentation = {
  name: 'http-client',
  by: 'channel',
  records: 'calls by http.request and https.request, with call site and trace context: axios, got, node-fetch',
  kinds: [httpCall.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach: ({ recorder }) => instrumentHttpClient(recorder),
}

function instrumentHttpClient(recorder: Recorder): void {
  on('http.client.request.created', function created({ request }) {
    const child = recorder.startChild(httpCall, new HttpCall(request.method, originOf(request), request.path), created)
    request[CHILD] = child
    request.on('close', onRequestClose)
    // With headers given as a list the head is already made.
    if (recorder.propagates && !request.headersSent) injectInto(request, child, carrier)
  })
  on('http.client.response.finish', ({ request, response }) => {
    const child = request[CHILD]
    if (!child) return
    child.detail.status = response?.statusCode ?? 0
    child.detail.headMs = now()
  })
  on('http.client.request.error', ({ request, error }) => {
    const child = request[CHILD]
    if (!child) return
    if (isCancellation(error) || (isReset(error) && isGivenUp(request, child))) cancelCall(child)
    else child.end(faultOf(error))
  })
}

function on(channel: string, handle: (message: Message) => void): void {
  subscribe(
    channel,
    guarded(channel, (message: unknown) => handle(message as Message)),
  )
}

/** One listener for all requests. */
function onRequestClose(this: RecordedRequest): void {
  try {
    const child = this[CHILD]
    this[CHILD] = undefined // a request may live on in an agent's socket
    if (child && !child.ended) endAtClose(child, this)
  } catch (error) {
    reportFault('http.client.close', error)
  }
}

function endAtClose(child: Child<HttpCall>, request: RecordedRequest): void {
  const response = request.res
  if (!response) return cancelCall(child) // neither an answer nor an error: the application does not wait for it any more
  child.detail.status = response.statusCode ?? 0 // no channel publishes an upgrade or the answer to CONNECT
  noteSizes(child, request, response)
  child.detail.headers = calledHeaders(
    (name) => request.getHeader(name),
    (name) => response.headers[name],
  )
  if (response.readableEnded || request.upgradeOrConnect) return child.end()
  // A body that nobody reads stays on its connection, which may live for long: the application waited for the head alone.
  if (!response.readableDidRead && !isDestroyedHere(request)) return child.end(undefined, child.detail.headMs || now())
  if (response.complete) return child.end()
  endCut(child, request, response.errored ?? undefined)
}

/** The body did not arrive whole: the peer ended the connection, or the application did. */
function endCut(child: Child<HttpCall>, request: RecordedRequest, error: Error | undefined): void {
  const isOwnWish = error === undefined || isCancellation(error) || isReset(error)
  if (isOwnWish && isGivenUp(request, child)) cancelCall(child)
  else child.end(faultOf(error ?? new Error('aborted')))
}

/** What Node reports of a connection that ends, whichever side ended it. */
function isReset(error: unknown): boolean {
  return valueIn(error, 'code') === 'ECONNRESET'
}

/** `destroy()` by the application, before any time limit that it has set. */
function isGivenUp(request: RecordedRequest, child: Child<HttpCall>): boolean {
  const limitMs = request.timeout ?? request.socket?.timeout ?? 0
  const isTimedOut = limitMs > 0 && now() - child.startMs >= limitMs
  return !isTimedOut && isDestroyedHere(request)
}

/** The peer neither ended the connection nor broke it. */
function isDestroyedHere({ socket }: RecordedRequest): boolean {
  return !socket || (socket.destroyed && !socket.readableEnded && !socket.errored)
}

const BODILESS = new Set([204, 304])

function noteSizes(child: Child<HttpCall>, request: RecordedRequest, response: IncomingMessage): void {
  child.detail.requestBytes = contentLengthOf(request.getHeader('content-length'))
  // The raw list is there already; `headers` would have to be made of it.
  if (request.method !== 'HEAD' && !BODILESS.has(child.detail.status)) child.detail.responseBytes = contentLengthIn(response.rawHeaders)
}

/** The Host header as the client wrote it holds the port where it is not the default. */
function originOf(request: RecordedRequest): string {
  const host = request.getHeader('host')
  return `${request.protocol}//${typeof host === 'string' ? host : request.host}`
}
