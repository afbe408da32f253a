/**
 * Asks a program for a path without a connection: replicas share one socket, so that a connection might reach another one. It gets a request and a
 * response of Node's own, and nobody counts or records them.
 */
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { messageOf } from '@spyglass/agent/contract'

const HEADERS = { host: 'localhost', 'user-agent': 'spyglass-health', accept: '*/*' } as const

/**
 * Resolves with what is wrong: a status below 200 or from 400 on, no answer in time, a broken one. `emit` hands the request to the program's server.
 * Never rejects.
 */
export async function probe(
  emit: (event: 'request', request: IncomingMessage, response: ServerResponse) => unknown,
  path: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const socket = deadEnd()
  const request = requestFor(path, socket)
  const response = new ServerResponse(request)
  response.assignSocket(socket)
  const ended = new Promise<string | undefined>((resolve) => {
    response.once('finish', () => resolve(problemOf(path, response.statusCode)))
    response.once('close', () => resolve(`GET ${path} was not answered: the connection closed`))
    setTimeout(() => resolve(`GET ${path} was not answered within ${timeoutMs} ms`), timeoutMs).unref()
  })
  try {
    emit('request', request, response)
  } catch (error) {
    return `GET ${path} failed: ${messageOf(error)}`
  }
  const problem = await ended
  socket.destroy()
  return problem
}

const problemOf = (path: string, status: number): string | undefined =>
  status >= 200 && status < 400 ? undefined : `GET ${path} was answered ${status}`

function requestFor(path: string, socket: Socket): IncomingMessage {
  const request = new IncomingMessage(socket)
  const rawHeaders = Object.entries(HEADERS).flat()
  Object.assign(request, {
    method: 'GET',
    url: path,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    complete: true,
    rawHeaders,
  })
  request.headers = { ...HEADERS }
  request.push(null)
  return request
}

/** Takes everything and gives nothing. */
function deadEnd(): Socket {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  return Object.assign(stream, {
    remoteAddress: '127.0.0.1',
    encrypted: false,
    setTimeout: () => stream,
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
  }) as unknown as Socket
}
