/** Answers a request of an application in its place: it is logged as the application's, and is none of its requests. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { currentAgent } from '@spyglass/agent'
import { answerRefused, type RefusalReason } from '@spyglass/process/listener'
import type { AccessLog } from '../../access-log/index.ts'
import { Exchange, type ExchangeOwner } from '../../front/exchange.ts'

/** A request at the entrance: path and query as they came, and where the application is mounted. */
export interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: string
  readonly contextPath: string
}

export interface RefusedApplication {
  readonly name: string
  readonly accessLog?: AccessLog | undefined
  /** Called for each that is refused, with the reason. */
  readonly onRefused?: (reason: RefusalReason) => void
}

export function refuse(
  arrival: Arrival,
  application: RefusedApplication,
  reason: RefusalReason,
  fields: Readonly<Record<string, string>>,
): void {
  application.onRefused?.(reason)
  const { response } = unserved(arrival, application)
  answerRefused(arrival.request, response, reason, fields)
}

/** A request that the application never gets: all that is done at its end is to log it. */
export function unserved({ request, response, url, contextPath }: Arrival, { name, accessLog }: RefusedApplication): Exchange {
  const owner: ExchangeOwner = { name, contextPath, exchangeEnded: (exchange) => accessLog?.isEnabled && accessLog.write(exchange) }
  return new Exchange(owner, currentAgent(), { request, response, url })
}
