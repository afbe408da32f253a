/** HTTP/2 connections of a listener: each stream becomes an ordinary request and response of `node:http`. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { IncomingMessage, ServerResponse } from 'node:http'
import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { UNRECORDED } from '@spyglass/agent/contract'
import { Http2StreamSocket } from './http2-stream-socket.ts'
import type { ListenerLimits } from './limits.ts'

/** Requests of one connection that are served side by side. */
const MAX_STREAMS = 128
/** The channel on which Node announces requests of HTTP/1; the agent listens there. */
const started = channel('http.server.request.start')

export interface Http2Options {
  readonly limits: ListenerLimits
  readonly onStream: (socket: Http2StreamSocket) => void
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void
  /** Whether the agent records the requests. */
  readonly isRecorded: boolean
}

export class Http2Sessions {
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #options: Http2Options

  constructor(options: Http2Options) {
    this.#options = options
  }

  /** Serves a connection that has agreed on `h2`. */
  serve(socket: TLSSocket): void {
    const { maxHeaderCount, maxHeaderBytes, keepAliveTimeoutMs } = this.#options.limits
    const settings = { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: maxHeaderBytes, enablePush: false }
    const session = performServerHandshake(socket, { settings, maxHeaderListPairs: maxHeaderCount || 1000 })
    ;(session as { [UNRECORDED]?: true })[UNRECORDED] = true // the agent records the requests that are made of its streams
    this.#sessions.add(session)
    session.on('close', () => this.#sessions.delete(session))
    session.on('error', () => {}) // a client that breaks the protocol loses its connection, nobody else does
    if (keepAliveTimeoutMs > 0) session.setTimeout(keepAliveTimeoutMs, () => session.close())
    session.on('stream', (stream, headers, _flags, rawHeaders) => this.#onStream(stream, socket, { headers, rawHeaders }))
  }

  /** Each connection is told that no further request is accepted (GOAWAY) and closes when its requests have ended. */
  close(): void {
    for (const session of this.#sessions) session.close()
  }

  destroy(): void {
    for (const session of this.#sessions) session.destroy()
  }

  #onStream(stream: ServerHttp2Stream, connection: TLSSocket, { headers, rawHeaders }: Heads): void {
    const method = headers[':method']
    const url = headers[':path']
    if (typeof method !== 'string' || typeof url !== 'string') return stream.close(REFUSED_STREAM) // CONNECT
    const socket = new Http2StreamSocket(stream, connection)
    const request = requestOf(socket, { method, url, rawHeaders: plainHeaders(rawHeaders) })
    const response = responseOf(request, socket)
    this.#options.onStream(socket)
    if (this.#options.isRecorded && started.hasSubscribers) started.publish({ request, response, socket, server: undefined })
    feed(request, socket, stream)
    if (headers['expect'] === '100-continue') response.writeContinue()
    this.#options.onRequest(request, response)
  }
}

interface Heads {
  readonly headers: Readonly<Record<string, unknown>>
  readonly rawHeaders: readonly string[]
}

const REFUSED_STREAM = 7

interface RequestParts {
  readonly method: string
  readonly url: string
  readonly rawHeaders: string[]
}

/** How Node's own parser gives a request its headers; `headers` is made of them when somebody asks. */
interface HeaderReader {
  _addHeaderLines(raw: string[], length: number): void
}

function requestOf(socket: Http2StreamSocket, { method, url, rawHeaders }: RequestParts): IncomingMessage {
  const request = new IncomingMessage(socket as unknown as Socket)
  Object.assign(request, { method, url, httpVersion: '2.0', httpVersionMajor: 2, httpVersionMinor: 0 })
  ;(request as unknown as HeaderReader)._addHeaderLines(rawHeaders, rawHeaders.length)
  return request
}

/** Passes on what comes by the stream, in the asynchronous context of now: that of a stream is the connection's, where the request is not known. */
function feed(request: IncomingMessage, socket: Http2StreamSocket, stream: ServerHttp2Stream): void {
  const here = AsyncLocalStorage.snapshot()
  request._read = () => void stream.resume()
  stream.on('data', (chunk: Buffer) => {
    socket.bytesRead += chunk.length
    if (!here(() => request.push(chunk))) stream.pause()
  })
  stream.on('end', () => {
    if (stream.aborted || (stream.rstCode ?? 0) !== 0) return // a stream that the client gave up ends as well; its close follows
    request.complete = true
    here(() => request.push(null))
  })
  stream.on('trailers', (trailers: Record<string, string>) => Object.assign(request.trailers, trailers))
  stream.on('close', () => {
    if (!request.complete) here(() => request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })))
  })
  stream.pause()
}

function responseOf(request: IncomingMessage, socket: Http2StreamSocket): ServerResponse {
  const response = new ServerResponse(request)
  response.useChunkedEncodingByDefault = false // the stream has frames of its own
  response.shouldKeepAlive = false // so that the end of the response is the end of its socket
  response.assignSocket(socket as unknown as Socket)
  response.on('finish', () => socket.end())
  socket.on('drain', () => response.writableEnded || response.emit('drain'))
  return response
}

/** Without the pseudo headers; `:authority` is what HTTP/1.1 calls Host. If a Host field says something else (RFC 9113 section 8.3.1), both are there, and are refused. */
function plainHeaders(raw: readonly string[]): string[] {
  const plain: string[] = []
  let authority: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at], raw[at + 1]]
    if (name === ':authority') authority = value
    if (name.startsWith(':') || (name === 'host' && value.toLowerCase() === authority?.toLowerCase())) continue
    plain.push(name, value)
  }
  return authority === undefined ? plain : ['host', authority, ...plain]
}
