import { errorsOf, SpyglassError } from '@spyglass/agent/contract'

/** Errors of Redis servers. */
export const redisErrors = {
  SPY_REDIS_UNKNOWN:
    'the application has no Redis %s; it has: %s. Declare it under redisServers, and name it in the application (applications[].redisServers).',
  SPY_REDIS_CLOSED: 'there are no Redis servers here: redis() works in an application that the server hosts, while it runs',
  SPY_REDIS_BUSY: 'Redis %s: %d commands to %s are already without an answer; raise maxWaiting, or find out why it is slow',
  SPY_REDIS_TIMEOUT: 'Redis %s: %s did not answer within %d ms (timeoutMs); nobody knows whether the command took effect',
  SPY_REDIS_PACKAGE: 'Redis %s needs the package ioredis in %s: %s',
  SPY_REDIS_PASSWORD: 'Redis %s: cannot read its password from %s: %s',
} as const

export const fail = errorsOf(redisErrors)

/** Frameworks answer 503 to an error with this status that nobody handled. */
class UnavailableError extends SpyglassError {
  readonly statusCode = 503
  readonly status = 503
}

export const unavailable = (code: 'SPY_REDIS_BUSY' | 'SPY_REDIS_TIMEOUT', args: readonly unknown[]): Error =>
  new UnavailableError(code, redisErrors[code], args)
