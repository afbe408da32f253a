/** The guards of an application, in their order: each decides about a request, or about a connection that is to change its protocol, before the application sees it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { answerOnSocket, type RefusalReason } from '@spyglass/process/listener'
import { stripContextPath } from '../../front/context-path.ts'
import { type Arrival, refuse, type RefusedApplication, unserved } from './refuse.ts'

export type Fields = Readonly<Record<string, string>>

/** A request or an upgrade that wants to pass. */
export interface Passing {
  readonly request: IncomingMessage
  /** Absent for an upgrade. */
  readonly response?: ServerResponse | undefined
  /** Path and query as the application sees them. */
  readonly url: string
  /** Path and query as they came. */
  readonly wholeUrl: string
  readonly contextPath: string
  /** Fields for its answer. */
  tell(fields: Fields): void
  refuse(reason: RefusalReason, fields: Fields): void
  /** Sends a browser elsewhere, as no request of the application. Absent for an upgrade. */
  redirect?(location: string): void
}

export interface Guard {
  /** Whether it may pass; otherwise the guard has refused it. Never rejects. */
  pass(passing: Passing): boolean | Promise<boolean>
}

/** Whether all let it pass. None is asked after one that refuses; while all decide at once, so does this. */
export function passAll(guards: readonly Guard[], passing: Passing, from = 0): boolean | Promise<boolean> {
  for (let at = from; at < guards.length; at++) {
    const passes = guards[at]!.pass(passing)
    if (passes instanceof Promise) return passes.then((does) => does && passAll(guards, passing, at + 1))
    if (!passes) return false
  }
  return true
}

/** Goes on with what may pass, now or when that is known. */
export function whenPassed(passes: boolean | Promise<boolean>, then: () => void): void {
  if (passes === true) then()
  else if (passes !== false) void passes.then((does) => does && then())
}

export class PassingRequest implements Passing {
  readonly #arrival: Arrival
  readonly #application: RefusedApplication

  constructor(arrival: Arrival, application: RefusedApplication) {
    this.#arrival = arrival
    this.#application = application
  }

  get request(): IncomingMessage {
    return this.#arrival.request
  }

  get response(): ServerResponse {
    return this.#arrival.response
  }

  get url(): string {
    return stripContextPath(this.#arrival.url, this.#arrival.contextPath)
  }

  get wholeUrl(): string {
    return this.#arrival.url
  }

  get contextPath(): string {
    return this.#arrival.contextPath
  }

  tell(fields: Fields): void {
    for (const [name, value] of Object.entries(fields)) this.response.setHeader(name, value)
  }

  refuse(reason: RefusalReason, fields: Fields): void {
    refuse(this.#arrival, this.#application, reason, fields)
  }

  /** 303: what comes next is a GET. Nobody may keep the answer, which is for this browser now. */
  redirect(location: string): void {
    const { response } = unserved(this.#arrival, this.#application)
    response.writeHead(303, { location, 'cache-control': 'no-store', 'content-length': 0 }).end()
  }
}

export interface UpgradeArrival extends Pick<Arrival, 'request' | 'url' | 'contextPath'> {
  readonly socket: Duplex
}

/** No field is told: what answers an upgrade is the application's. */
export const passingUpgrade = (
  { request, socket, url, contextPath }: UpgradeArrival,
  { onRefused }: Pick<RefusedApplication, 'onRefused'> = {},
): Passing => ({
  request,
  url: stripContextPath(url, contextPath),
  wholeUrl: url,
  contextPath,
  tell: () => {},
  refuse(reason, fields) {
    onRefused?.(reason)
    answerOnSocket(socket, reason, fields)
  },
})
