/**
 * What no application has under its path. The instance answers only when its applications have started, so it is healthy and ready by
 * then; everything else gets 404 and an access log line, which helps to find scanners and wrong addresses.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { currentAgent } from '@spyglass/agent'
import type { AccessLog } from '../access-log/index.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'
import { answerJson } from './hosted-application.ts'

/** Stands where lines name their application; no application may begin with an underscore. */
export const UNCLAIMED = '_server'

export class Unclaimed implements ExchangeOwner {
  readonly name = UNCLAIMED
  readonly contextPath = ''
  readonly #agent = currentAgent()
  readonly #accessLog: AccessLog | undefined

  constructor(accessLog: AccessLog | undefined) {
    this.#accessLog = accessLog
  }

  /** Probes are not logged: they would be most of the file. */
  serve(request: IncomingMessage, response: ServerResponse, url: string): void {
    const path = url.split('?', 1)[0]
    if (path === '/health') return answerJson(response, 200, { status: 'ok' })
    if (path === '/ready') return answerJson(response, 200, { ready: true, reasons: [] })
    const exchange = new Exchange(this, this.#agent, { request, response, url })
    answerJson(exchange.response, 404, { statusCode: 404, error: 'Not Found', message: 'no application is deployed at this path' })
  }

  exchangeEnded(exchange: Exchange): void {
    this.#accessLog?.write(exchange.accessEntry())
  }

  async stop(): Promise<void> {
    await this.#accessLog?.stop()
  }
}
