/** The rate limits of an application that hold before it sees a request: those with `paths`, and the addresses that any of its limits denies. */
import type { IncomingMessage } from 'node:http'
import { answerOnSocket, clientAddressOf, type RefusalReason } from '@spyglass/process/listener'
import type { Duplex } from 'node:stream'
import { stripContextPath } from '../front/context-path.ts'
import { type Decision, fieldsOf, PASSED, type RateLimit } from '../rate-limit/index.ts'
import { type Arrival, refuse, type RefusedApplication } from './refuse.ts'

type Fields = Readonly<Record<string, string>>

/** A request or an upgrade that wants to pass. */
export interface Passing {
  readonly request: IncomingMessage
  /** Path and query as the application sees them. */
  readonly url: string
  /** Fields for its answer. */
  tell(fields: Fields): void
  refuse(reason: RefusalReason, fields: Fields): void
}

export interface UpgradeArrival extends Pick<Arrival, 'request' | 'url' | 'contextPath'> {
  readonly socket: Duplex
}

/** Goes on with what may pass, now or when that is known. */
export function whenPassed(passes: boolean | Promise<boolean>, then: () => void): void {
  if (passes === true) then()
  else if (passes !== false) void passes.then((does) => does && then())
}

export class LimitsAtEntrance {
  readonly #limits: readonly RateLimit[]

  constructor(limits: readonly RateLimit[]) {
    this.#limits = limits
  }

  /** Whether it may pass; otherwise it was refused. Limits in memory decide at once. Never rejects. */
  pass(passing: Passing): boolean | Promise<boolean> {
    return this.#passFrom(0, passing)
  }

  passRequest(arrival: Arrival, application: RefusedApplication): boolean | Promise<boolean> {
    const { request, response, url, contextPath } = arrival
    return this.pass({
      request,
      url: stripContextPath(url, contextPath),
      tell: (fields) => Object.entries(fields).forEach(([name, value]) => response.setHeader(name, value)),
      refuse: (reason, fields) => refuse(arrival, application, reason, fields),
    })
  }

  /** The same for a connection that is to change its protocol. */
  passUpgrade({ request, socket, url, contextPath }: UpgradeArrival): boolean | Promise<boolean> {
    return this.pass({
      request,
      url: stripContextPath(url, contextPath),
      tell: () => {},
      refuse: (reason, fields) => answerOnSocket(socket, reason, fields),
    })
  }

  #passFrom(first: number, passing: Passing): boolean | Promise<boolean> {
    for (let at = first; at < this.#limits.length; at++) {
      const limit = this.#limits[at]!
      const decision = decide(limit, passing)
      if (decision instanceof Promise) return decision.then((one) => settle(limit, one, passing) && this.#passFrom(at + 1, passing))
      if (!settle(limit, decision, passing)) return false
    }
    return true
  }
}

function decide(limit: RateLimit, { request, url }: Passing): Decision | Promise<Decision> {
  const address = clientAddressOf(request)
  if (limit.isDenied(address)) return { isAllowed: false, reason: 'address_denied' }
  if (!limit.isFor(url) || limit.isExempt(address)) return PASSED
  const key = limit.keyOf(request)
  return key === undefined ? PASSED : limit.decide(key, request)
}

function settle({ config }: RateLimit, decision: Decision, passing: Passing): boolean {
  const fields = fieldsOf(config.name, config, decision)
  if (decision.isAllowed) passing.tell(fields)
  else passing.refuse(decision.reason ?? 'rate_limited', fields)
  return decision.isAllowed
}
