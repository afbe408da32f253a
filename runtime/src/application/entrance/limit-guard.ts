/** A rate limit that holds before the application sees a request: with its `paths`, and for the addresses that it denies. */
import { clientAddressOf } from '@spyglass/process/listener'
import { type Decision, fieldsOf, PASSED, type RateLimit } from '../../rate-limit/index.ts'
import type { Guard, Passing } from './guard.ts'

export class LimitGuard implements Guard {
  readonly #limit: RateLimit

  constructor(limit: RateLimit) {
    this.#limit = limit
  }

  /** A limit in memory decides at once. */
  pass(passing: Passing): boolean | Promise<boolean> {
    const decision = decide(this.#limit, passing)
    return decision instanceof Promise ? decision.then((one) => settle(this.#limit, one, passing)) : settle(this.#limit, decision, passing)
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
