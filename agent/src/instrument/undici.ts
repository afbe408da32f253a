/** Calls by global fetch and by undici, by undici's channels. Our trace context goes out with them. */
import { subscribe } from 'node:diagnostics_channel'
import type { ClientChild } from '../recorder/child-record.ts'
import { now } from '../recorder/clock.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { formatTraceParent } from '../recorder/trace-context.ts'
import { guarded } from '../guard/guard.ts'

const CHILD = Symbol('spyglass.child')

interface UndiciRequest {
  readonly origin: string | URL
  readonly method: string
  readonly path: string
  readonly headers: unknown
  addHeader(name: string, value: string): unknown
  [CHILD]?: ClientChild
}

export function instrumentUndici(recorder: Recorder): void {
  on('undici:request:create', ({ request }) => {
    const child = recorder.startClient({ method: request.method, origin: String(request.origin), path: request.path })
    request[CHILD] = child
    const record = child.record
    if (!record || !recorder.propagates || hasTraceParent(request.headers)) return
    request.addHeader('traceparent', formatTraceParent(record.traceId, child.spanId, record.flags))
    if (record.traceState) request.addHeader('tracestate', record.traceState)
  })
  on('undici:request:headers', ({ request, response }) => {
    const child = request[CHILD]
    if (child && response) child.status = response.statusCode
  })
  on('undici:request:trailers', ({ request }) => request[CHILD]?.end(now()))
  on('undici:request:error', ({ request, error }) => request[CHILD]?.end(now(), error))
}

function on(
  channel: string,
  handle: (message: { request: UndiciRequest; response?: { statusCode: number }; error?: unknown }) => void,
): void {
  subscribe(
    channel,
    guarded(channel, (message: unknown) => handle(message as Parameters<typeof handle>[0])),
  )
}

/** Headers are a list of names and values since undici 6, one text before. */
function hasTraceParent(headers: unknown): boolean {
  if (typeof headers === 'string') return /^traceparent:/im.test(headers)
  if (!Array.isArray(headers)) return false
  for (let at = 0; at < headers.length; at += 2) {
    const name: unknown = headers[at]
    if (typeof name === 'string' && name.length === 11 && name.toLowerCase() === 'traceparent') return true
  }
  return false
}
