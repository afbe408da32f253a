/** Calls by global fetch and by undici, by undici's channels. They last to the end of the response's body. Our trace context goes out with them. */
import { subscribe } from 'node:diagnostics_channel'
import type { Child } from '../recorder/child.ts'
import { calledHeaders, wantsCalledHeaders } from '../recorder/kinds/http-headers.ts'
import { HttpCall, cancelCall, httpCall } from '../recorder/kinds/http-call.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { valueIn } from '../recorder/error-text.ts'
import { guarded } from '../guard/guard.ts'
import { isCancellation, isTimeout } from '../recorder/cancellation.ts'
import { contentLengthIn } from './content-length.ts'
import type { Instrumentation } from './instrumentation.ts'
import { carrierFields } from '../recorder/propagation.ts'
import { type Carrier, injectInto } from './outgoing-context.ts'

const CHILD = Symbol('spyglass.child')

interface UndiciRequest {
  readonly origin: string | URL
  readonly method: string
  readonly path: string
  readonly headers: unknown
  /** Null when the request has none. */
  readonly body: unknown
  readonly contentLength?: number | null
  addHeader(name: string, value: string): unknown
  [CHILD]?: Child<HttpCall> | undefined
}

const carrier: Carrier<UndiciRequest> = {
  has: ({ headers }, header) => hasHeader(headers, header),
  write: (request, header, value) => void request.addHeader(header, value),
}

export const undici: Instrumentation = {
  name: 'undici',
  by: 'channel',
  records: 'calls by fetch and undici, with trace context, those by the global fetch with call site',
  kinds: [httpCall.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach: ({ recorder }) => instrumentUndici(recorder),
}

function instrumentUndici(recorder: Recorder): void {
  // Between fetch and its channel are more frames than are captured, and nothing that is asynchronous.
  const { fetch } = globalThis
  on('undici:request:create', ({ request }) => {
    const child = recorder.startChild(httpCall, new HttpCall(request.method, String(request.origin), request.path), fetch)
    request[CHILD] = child
    if (!recorder.propagates) return
    injectInto(request, child, carrier)
    if (recorder.hasForeignSpans) writeOnce(request)
  })
  on('undici:request:headers', ({ request, response }) => {
    const child = request[CHILD]
    if (!child || !response) return
    child.detail.status = response.statusCode
    child.detail.requestBytes = request.contentLength ?? -1
    if (wantsCalledHeaders())
      child.detail.headers = calledHeaders(
        (name) => headerIn(request.headers, name),
        (name) => headerIn(response.headers, name),
      )
    if (request.method !== 'HEAD') child.detail.responseBytes = contentLengthIn(response.headers)
  })
  on('undici:request:trailers', ({ request }) => taken(request)?.end())
  on('undici:request:error', ({ request, error }) => {
    const child = taken(request)
    if (!child) return
    if (isCancelled(request, child, error)) cancelCall(child)
    else child.end(error)
  })
}

/** The call ends: its request, which a pool or a response may hold for long, holds neither it nor the record that it belongs to. */
function taken(request: UndiciRequest): Child<HttpCall> | undefined {
  const child = request[CHILD]
  request[CHILD] = undefined
  return child
}

/** An instrumentation of others that sees the same event would add the headers a second time. */
function writeOnce(request: UndiciRequest): void {
  const addHeader = request.addHeader.bind(request)
  const written = new Set([...carrierFields()].filter((name) => hasHeader(request.headers, name)))
  request.addHeader = (name, value) => (written.has(name.toLowerCase()) ? request : addHeader(name, value))
}

/**
 * `abort(reason)` and `body.cancel(reason)` give whatever the application passes; undici's own errors have a code. What has none and comes while a
 * body is sent may be an error of the stream that is sent.
 */
function isCancelled({ body }: UndiciRequest, { detail: { status } }: Child<HttpCall>, error: unknown): boolean {
  if (isCancellation(error)) return true
  const isForeign = !isTimeout(error) && typeof valueIn(error, 'code') !== 'string'
  return isForeign && (status !== 0 || !body)
}

interface Message {
  readonly request: UndiciRequest
  readonly response?: { readonly statusCode: number; readonly headers: readonly (Uint8Array | string)[] }
  readonly error?: unknown
}

function on(channel: string, handle: (message: Message) => void): void {
  subscribe(
    channel,
    guarded(channel, (message: unknown) => handle(message as Message)),
  )
}

/** In a list of names and values in turn, as text or bytes. */
function headerIn(headers: unknown, name: string): unknown {
  if (!Array.isArray(headers)) return undefined
  const values = (headers as readonly unknown[]).filter((_, at) => at % 2 === 1 && String(headers[at - 1]).toLowerCase() === name)
  return values.length === 0 ? undefined : values
}

/** Headers are a list of names and values since undici 6, one text before. */
function hasHeader(headers: unknown, name: string): boolean {
  if (typeof headers === 'string') return new RegExp(`^${name}:`, 'im').test(headers)
  if (!Array.isArray(headers)) return false
  for (let at = 0; at < headers.length; at += 2) {
    const present: unknown = headers[at]
    if (typeof present === 'string' && present.length === name.length && present.toLowerCase() === name) return true
  }
  return false
}
