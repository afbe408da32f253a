/**
 * Passes requests on to the instances of an application. Connections to instances are kept alive and belong to one instance each, and a request is sent on a
 * connection of the instance that its own host and path lead to: no connection of a client is ever tied to an application.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import { codeOf } from '@spyglass/agent/contract'
import { clientAddressOf, isSecure } from '../listener/forwarded.ts'
import { requestHeaders, responseHeaders } from './forwarded-headers.ts'
import type { Instance, Targets } from './targets.ts'

export interface ProxyOptions {
  /** Connections that are kept open to each instance. Default 256. */
  readonly maxIdleConnections?: number
  /** The request could not be passed on, and nothing was answered yet. */
  readonly onUnavailable: (request: IncomingMessage, response: ServerResponse, reason: ProxyFailure) => void
}

/** `no_instance`: none is ready. `bad_gateway`: the instance broke off before it answered. */
export type ProxyFailure = 'no_instance' | 'bad_gateway'

/** An instance that has just gone, or has no room for another connection: the request was not sent. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOENT', 'EAGAIN', 'ETIMEDOUT'])

export class Proxy {
  readonly #options: ProxyOptions
  readonly #agents = new Map<string, http.Agent>()

  constructor(options: ProxyOptions) {
    this.#options = options
  }

  /** Passes one request on. */
  request(targets: Targets, request: IncomingMessage, response: ServerResponse): void {
    this.#try({ targets, request, response, tried: new Set() })
  }

  /** Passes a connection on that changes its protocol: from its first request on it is the instance's. */
  upgrade(targets: Targets, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const instance = targets.next()
    if (!instance)
      return void socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n')
    const upstream = net.connect('socketPath' in instance.address ? { path: instance.address.socketPath } : instance.address)
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    upstream.on('connect', () => {
      const headers = [
        ...requestHeaders(request, clientAddressOf(request), isSecure(request)),
        'connection',
        'upgrade',
        'upgrade',
        String(request.headers.upgrade),
      ]
      upstream.write(`${request.method} ${request.url} HTTP/1.1\r\n${linesOf(headers)}\r\n`)
      upstream.write(head)
      pipeline(upstream, socket, () => {})
      pipeline(socket, upstream, () => {})
    })
  }

  /** Closes connections that wait for a request. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    this.#agents.clear()
  }

  /** Connections of an instance that is no more. */
  forget(instance: string): void {
    this.#agents.get(instance)?.destroy()
    this.#agents.delete(instance)
  }

  #try(passage: Passage): void {
    const { targets, request, response, tried } = passage
    const instance = targets.next(tried)
    if (!instance) return this.#options.onUnavailable(request, response, 'no_instance')
    const upstream = http.request({
      ...instance.address,
      agent: this.#agentOf(instance),
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: requestHeaders(request, clientAddressOf(request), isSecure(request)),
      setHost: false,
    })
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, responseHeaders(answer.rawHeaders, answer.headers.connection))
      pipeline(answer, response, (error) => error && upstream.destroy())
    })
    upstream.on(
      'information',
      ({ statusCode, headers }) => statusCode === 103 && response.writeEarlyHints(headers as Record<string, string>),
    )
    upstream.on('error', (error) => this.#failed(error, upstream, instance, passage))
    response.on('close', () => upstream.destroy())
    if (hasBody(request)) request.pipe(upstream)
    else upstream.end()
  }

  #failed(error: Error, upstream: http.ClientRequest, instance: Instance, passage: Passage): void {
    const { targets, request, response, tried } = passage
    if (response.headersSent || response.destroyed) return void response.destroy()
    const wasSent =
      !NOT_SENT.has(codeOf(error) ?? '') && !(upstream.reusedSocket && codeOf(error) === 'ECONNRESET' && isRepeatable(request))
    if (wasSent || (hasBody(request) && request.readableDidRead)) return this.#options.onUnavailable(request, response, 'bad_gateway')
    if (!upstream.reusedSocket) {
      tried.add(instance.name)
      targets.failed(instance)
    }
    request.unpipe(upstream)
    this.#try(passage)
  }

  #agentOf({ name }: Instance): http.Agent {
    let agent = this.#agents.get(name)
    if (!agent) {
      const { maxIdleConnections = 256 } = this.#options
      agent = new http.Agent({ keepAlive: true, maxFreeSockets: maxIdleConnections, scheduling: 'lifo' })
      this.#agents.set(name, agent)
    }
    return agent
  }
}

interface Passage {
  readonly targets: Targets
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly tried: Set<string>
}

function linesOf(headers: readonly string[]): string {
  let text = ''
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`
  return text
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** RFC 9110 section 9.2.2: a server may have closed a kept connection just as the request was sent. */
function isRepeatable(request: IncomingMessage): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'].includes(request.method ?? '') && !hasBody(request)
}
