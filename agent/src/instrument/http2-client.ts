/**
 * Calls through node:http2, and so those of gRPC. Its channels announce a stream when its head may already be sent, so the method that makes one is
 * patched, as the first connection is opened; trace context goes out with the head.
 */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import { promisify } from 'node:util'
import { attempt, guarded } from '../guard/guard.ts'
import type { Child } from '../recorder/child.ts'
import { isCancellation } from '../recorder/cancellation.ts'
import { calledHeaders } from '../recorder/kinds/http-headers.ts'
import { HttpCall, cancelCall, httpCall } from '../recorder/kinds/http-call.ts'
import { RpcCall, isRpc, rpcCall, rpcMethodOf, rpcStatusOf } from '../recorder/kinds/rpc.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { onBuiltin } from './builtins.ts'
import { contentLengthOf } from './content-length.ts'
import type { Instrumentation } from './instrumentation.ts'
import { type Carrier, injectInto } from './outgoing-context.ts'

type Connect = (this: unknown, authority: string | URL, ...rest: unknown[]) => ClientHttp2Session
type ConnectPromised = (authority: string | URL, ...rest: unknown[]) => Promise<ClientHttp2Session>
type Request = (this: ClientHttp2Session, headers?: Headers, ...rest: unknown[]) => ClientHttp2Stream
/** Or names and values in turn. */
type Headers = OutgoingHttpHeaders | readonly string[]
type HeaderCopy = OutgoingHttpHeaders | string[]

const AUTHORITY = Symbol('spyglass.authority')

export const http2Client: Instrumentation = {
  name: 'http2-client',
  by: 'module hook',
  records: 'calls by node:http2, with trace context; calls of gRPC with method and status',
  kinds: [httpCall.name, rpcCall.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach: ({ recorder }) => onBuiltin('http2', (http2: { connect: Connect }) => patchConnect(http2, recorder)),
}

function patchConnect(http2: { connect: Connect }, recorder: Recorder): void {
  const { connect } = http2
  let patched = false
  const note = (session: ClientHttp2Session, authority: string | URL): ClientHttp2Session => {
    attempt(
      'http2.connect',
      () => {
        ;(session as { [AUTHORITY]?: string | undefined })[AUTHORITY] = URL.parse(String(authority))?.host
        if (!patched) patchRequest(Object.getPrototypeOf(session) as { request: Request }, recorder)
        patched = true
      },
      undefined,
    )
    return session
  }
  const recorded: Connect = function connectRecorded(this: unknown, authority, ...rest) {
    return note(connect.call(this, authority, ...rest), authority)
  }
  const promisified = Reflect.get(connect, promisify.custom) as ConnectPromised
  Object.defineProperties(recorded, {
    length: { value: connect.length },
    name: { value: connect.name },
    [promisify.custom]: {
      value: (authority: string | URL, ...rest: unknown[]) => promisified(authority, ...rest).then((session) => note(session, authority)),
    },
  })
  http2.connect = recorded
}

function patchRequest(prototype: { request: Request }, recorder: Recorder): void {
  const { request } = prototype
  prototype.request = function requestRecorded(headers, ...rest) {
    const call = attempt('http2.request', () => begun(recorder, this, headers), undefined)
    if (!call) return request.call(this, headers, ...rest)
    try {
      const stream = request.call(this, call.headers, ...rest)
      watch(stream, call.child)
      return stream
    } catch (error) {
      call.child.end(error)
      throw error
    }
  }
}

interface Call {
  readonly child: Child<HttpCall> | Child<RpcCall>
  readonly headers: Headers | undefined
}

function begun(recorder: Recorder, session: ClientHttp2Session, given: Headers | undefined): Call {
  const headers = copyOf(given)
  const read = (name: string): string => [valueOf(headers, name)].flat().join()
  const scheme = read(':scheme') || (session.encrypted === false ? 'http' : 'https')
  const authority = read(':authority') || read('host') || (session as { [AUTHORITY]?: string | undefined })[AUTHORITY]
  const origin = `${scheme}://${authority}`
  const child = isRpc(read('content-type'))
    ? recorder.startChild(rpcCall, new RpcCall(origin, rpcMethodOf(read(':path'))))
    : recorder.startChild(httpCall, new HttpCall(read(':method') || 'GET', origin, read(':path') || '/'))
  if (recorder.propagates) injectInto(headers, child, carrier)
  return { child, headers }
}

/** The application's object stays as it is. Both forms may say under a symbol which headers are sensitive. */
function copyOf(headers: Headers | undefined): HeaderCopy {
  if (!Array.isArray(headers)) return { ...(headers as OutgoingHttpHeaders | undefined) }
  const symbols = Object.getOwnPropertySymbols(headers).map((symbol) => [symbol, Reflect.get(headers, symbol)] as const)
  return Object.assign([...(headers as readonly string[])], Object.fromEntries(symbols))
}

function valueOf(headers: HeaderCopy, name: string): OutgoingHttpHeaders[string] {
  if (!Array.isArray(headers)) return headers[name] ?? headers[Object.keys(headers).find((key) => key.toLowerCase() === name) ?? name]
  const at = headers.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name)
  return at < 0 ? undefined : headers[at + 1]
}

const carrier: Carrier<HeaderCopy> = {
  has: (headers, name) => valueOf(headers, name) !== undefined,
  write(headers, name, value) {
    if (Array.isArray(headers)) headers.push(name, value)
    else headers[name] = value
  },
}

function watch(stream: ClientHttp2Stream, child: Child<HttpCall> | Child<RpcCall>): void {
  const noteHead = guarded('http2.response', (headers: IncomingHttpHeaders) => note(stream, child, headers))
  stream.once('response', noteHead)
  if (child.detail instanceof RpcCall) stream.once('trailers', noteHead)
  stream.once(
    'close',
    guarded('http2.close', () => endAtClose(stream, child)),
  )
}

function note({ sentHeaders }: ClientHttp2Stream, { detail }: Child<HttpCall> | Child<RpcCall>, headers: IncomingHttpHeaders): void {
  if (detail instanceof RpcCall) {
    detail.status = rpcStatusOf(headers['grpc-status']) || detail.status
    return
  }
  detail.status = Number(headers[':status'] ?? 0)
  detail.responseBytes = contentLengthOf(headers['content-length'])
  detail.headers = calledHeaders(
    (name) => (sentHeaders as IncomingHttpHeaders | undefined)?.[name],
    (name) => headers[name],
  )
}

const CANCEL = 8

function endAtClose(stream: ClientHttp2Stream, child: Child<HttpCall> | Child<RpcCall>): void {
  const error = stream.errored ?? undefined
  const { detail } = child
  const answered = detail instanceof RpcCall && detail.status !== '' // then the library may close the stream as it likes
  if (error !== undefined && !isCancellation(error)) child.end(error)
  else if (error !== undefined || (!answered && (stream.aborted || stream.rstCode === CANCEL))) cancelCall(child)
  else child.end()
}
