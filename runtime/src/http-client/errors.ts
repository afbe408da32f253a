import { errorsOf, SpyglassError } from '@spyglass/agent/contract'

/** Errors of HTTP clients. */
export const httpClientErrors = {
  SPY_HTTP_CLIENT_UNKNOWN:
    'the application has no HTTP client %s; it has: %s. Declare it under httpClients, and name it in the application (applications[].httpClients).',
  SPY_HTTP_CLIENTS_CLOSED: 'there are no HTTP clients here: httpClient() works in an application that the server hosts, while it runs',
  SPY_HTTP_CLIENT_BUSY:
    'HTTP client %s: %d requests are already waiting for a connection to %s; raise maxWaiting or max, or find out why it is slow',
  SPY_HTTP_CLIENT_TIMEOUT: 'HTTP client %s: %s did not answer completely within %d ms (timeoutMs)',
  SPY_HTTP_CLIENT_FAILED: 'HTTP client %s: the request to %s failed: %s',
  SPY_HTTP_CLIENT_PLACE: 'HTTP client %s: %s is not below its url; give a path, or declare a client for that service',
  SPY_HTTP_CLIENT_PASSWORD: 'HTTP client %s: cannot read its password from %s: %s',
} as const

export const fail = errorsOf(httpClientErrors)

/** Frameworks answer 503 to an error with this status that nobody handled. */
class UnavailableError extends SpyglassError {
  readonly statusCode = 503
  readonly status = 503
}

export const unavailable = (
  code: 'SPY_HTTP_CLIENT_BUSY' | 'SPY_HTTP_CLIENT_TIMEOUT' | 'SPY_HTTP_CLIENT_FAILED',
  args: readonly unknown[],
  cause?: unknown,
): Error => new UnavailableError(code, httpClientErrors[code], args, cause)
