import { errorsOf } from '@spyglass/agent/contract'

/** Errors of rate limits. */
export const rateLimitErrors = {
  SPY_RATE_LIMIT_UNKNOWN:
    'the application has no rate limit %s; it has: %s. Declare it under rateLimits, and name it in the application (applications[].rateLimits).',
  SPY_RATE_LIMITS_CLOSED: 'there are no rate limits here: rateLimit() works in an application that the server hosts, while it runs',
  SPY_RATE_LIMIT_OPERATION: 'rate limit %s has no operation %s',
  SPY_RATE_LIMIT_PACKAGE: 'rate limit %s: store redis needs the package ioredis in %s: %s',
  SPY_RATE_LIMIT_STORE: 'rate limit %s: its store failed: %s',
  SPY_RATE_LIMIT_NO_KEY: 'rate limit %s is by %s, which only the application knows: give keyOf, or call take(key)',
} as const

export const fail = errorsOf(rateLimitErrors)
