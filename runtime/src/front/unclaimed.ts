/**
 * What no application has under its path: it gets 404 and a line of the access log, which helps to find scanners and wrong addresses. So do
 * requests that the listener refuses.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { currentAgent } from '@spyglass/agent'
import type { AccessLog } from '../access-log/index.ts'
import { answerOnSocket, answerRefused, type RefusalReason, type RefusedRequest } from '@spyglass/process/listener'
import { originForm } from './context-path.ts'
import { DEFAULT_HOST } from './host-table.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'

/** Stands where lines name their application; no application may begin with an underscore. */
export const UNCLAIMED = '_server'

/** An application that is not here, as far as its requests need to know. */
export interface Absent {
  readonly name: string
  readonly contextPath: string
  readonly host?: string
  /** Why its requests are refused. Default: `no_application`. */
  readonly reason?: RefusalReason
}

const NOBODY: Absent = { name: UNCLAIMED, contextPath: '' }

export class Unclaimed implements ExchangeOwner {
  readonly name: string
  readonly contextPath: string
  readonly host: string
  /** A request to change the protocol is refused like any other. */
  readonly acceptsUpgrades = false
  readonly #reason: RefusalReason
  readonly #agent = currentAgent()
  readonly #accessLog: AccessLog | undefined

  /** `absent` is the application that the requests were for, where there is one. */
  constructor(accessLog: AccessLog | undefined, absent: Absent = NOBODY) {
    this.name = absent.name
    this.contextPath = absent.contextPath
    this.host = absent.host ?? DEFAULT_HOST
    this.#reason = absent.reason ?? 'no_application'
    this.#accessLog = accessLog
  }

  serve(_event: string, request: IncomingMessage, response: ServerResponse): void {
    this.refuse(request, response, this.#reason)
  }

  /** Answers a request that no application is to see. */
  refuse(request: IncomingMessage, response: ServerResponse, reason: RefusalReason): void {
    const exchange = new Exchange(this, this.#agent, { request, response, url: originForm(request.url ?? '/') })
    answerRefused(request, exchange.response, reason)
  }

  /** A request that could not be read, and was answered. */
  unreadable(refused: RefusedRequest): void {
    const { reason, status, method, url, time, durationMs, clientAddress, httpVersion, userAgent, referer } = refused
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
      userAgent,
      referer,
      traceId: undefined,
      spanId: undefined,
      aborted: false,
      errorType: reason,
    })
  }

  upgrade(_request: IncomingMessage, socket: Duplex): void {
    answerOnSocket(socket, this.#reason)
  }

  exchangeEnded(exchange: Exchange): void {
    if (this.#accessLog?.isEnabled) this.#accessLog.write(exchange)
  }

  async stop(): Promise<void> {
    await this.#accessLog?.stop()
  }
}
