/** Calls through http.request and https.request, from Node's diagnostics channels. Calls of the agent's exporter are skipped. */
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { OWN_REQUESTS } from '../otlp/http-post.ts'
import type { ClientChild } from '../recorder/child-record.ts'
import { now } from '../recorder/clock.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { formatTraceParent } from '../recorder/trace-context.ts'
import { guarded } from '../guard/guard.ts'

const CHILD = Symbol('spyglass.child')

interface RecordedRequest extends ClientRequest {
  [CHILD]?: ClientChild
  readonly agent?: { readonly [OWN_REQUESTS]?: boolean }
}

interface Message {
  readonly request: RecordedRequest
  readonly response?: IncomingMessage
  readonly error?: unknown
}

export function instrumentHttpClient(recorder: Recorder): void {
  on('http.client.request.created', ({ request }) => {
    if (request.agent?.[OWN_REQUESTS]) return
    const child = recorder.startClient({ method: request.method, origin: originOf(request), path: request.path })
    request[CHILD] = child
    const record = child.record
    // With headers given as a list the head is already made, and a context of the application's own is left alone.
    if (!record || !recorder.propagates || request.headersSent || request.hasHeader('traceparent')) return
    request.setHeader('traceparent', formatTraceParent(record.traceId, child.spanId, record.flags))
    if (record.traceState) request.setHeader('tracestate', record.traceState)
  })
  on('http.client.response.finish', ({ request, response }) => {
    const child = request[CHILD]
    if (!child) return
    child.status = response?.statusCode ?? 0
    child.end(now())
  })
  on('http.client.request.error', ({ request, error }) => request[CHILD]?.end(now(), error))
}

function on(channel: string, handle: (message: Message) => void): void {
  subscribe(
    channel,
    guarded(channel, (message: unknown) => handle(message as Message)),
  )
}

/** The Host header as the client wrote it holds the port where it is not the default. */
function originOf(request: RecordedRequest): string {
  const host = request.getHeader('host')
  return `${request.protocol}//${typeof host === 'string' ? host : request.host}`
}
