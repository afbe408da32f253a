/**
 * What no application has under its path: it gets 404 and a line of the access log, which helps to find scanners and wrong addresses. So do
 * requests that the listener refuses.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { currentAgent } from '@spyglass/agent'
import type { AccessLog } from '../access-log/index.ts'
import { answerOnSocket, answerRefused, type RefusalReason, type RefusedRequest } from '../listener/refusal.ts'
import { originForm } from './context-path.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'

/** Stands where lines name their application; no application may begin with an underscore. */
export const UNCLAIMED = '_server'

const NOBODY = { name: UNCLAIMED, contextPath: '' }

export class Unclaimed implements ExchangeOwner {
  readonly name: string
  readonly contextPath: string
  readonly #agent = currentAgent()
  readonly #accessLog: AccessLog | undefined

  /** `mounted` is the application that the requests were for, where there is one. */
  constructor(accessLog: AccessLog | undefined, mounted: { readonly name: string; readonly contextPath: string } = NOBODY) {
    this.name = mounted.name
    this.contextPath = mounted.contextPath
    this.#accessLog = accessLog
  }

  serve(_event: string, request: IncomingMessage, response: ServerResponse): void {
    this.refuse(request, response, 'no_application')
  }

  /** Answers a request that no application is to see. */
  refuse(request: IncomingMessage, response: ServerResponse, reason: RefusalReason): void {
    const exchange = new Exchange(this, this.#agent, { request, response, url: originForm(request.url ?? '/') })
    answerRefused(request, exchange.response, reason)
  }

  /** A request that could not be read, and was answered. */
  unreadable({ reason, status, method, url, time, durationMs, clientAddress, httpVersion }: RefusedRequest): void {
    this.#agent?.countRefused({ method: method ?? '_OTHER', refusal: { reason, status } }, durationMs / 1000)
    const question = url?.indexOf('?') ?? -1
    this.#accessLog?.write({
      time,
      clientAddress,
      method: method ?? '-',
      path: (question < 0 ? url : url?.slice(0, question)) ?? '-',
      query: question < 0 ? undefined : url?.slice(question + 1),
      httpVersion: httpVersion ?? '1.1',
      route: undefined,
      status,
      bodySize: undefined,
      durationMs,
      userAgent: undefined,
      referer: undefined,
      traceId: undefined,
      spanId: undefined,
      aborted: false,
      errorType: reason,
    })
  }

  upgrade(_request: IncomingMessage, socket: Duplex): void {
    answerOnSocket(socket, 'no_application')
  }

  exchangeEnded(exchange: Exchange): void {
    this.#accessLog?.write(exchange.accessEntry())
  }

  async stop(): Promise<void> {
    await this.#accessLog?.stop()
  }
}
