import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the console and the query API. */
export const consoleErrors = {
  SPY_CONSOLE_PARAMETER_INVALID: 'invalid parameter %s: %s',
  SPY_CONSOLE_PARAMETER_UNKNOWN: 'unknown parameter %s: %s takes %s',
  SPY_CONSOLE_UNAUTHENTICATED: 'log in, or use Basic authentication with the console user and password from secrets.yaml',
  SPY_CONSOLE_TOO_MANY_LOGINS:
    'too many wrong passwords from this address: retry after the time in Retry-After. The correct password always works.',
  SPY_CONSOLE_TRACE_NOT_FOUND: 'trace %s is not in the store: it was not kept, or has expired',
  SPY_CONSOLE_INCIDENT_NOT_FOUND: 'incident %s is unknown: its id is wrong, or its events have expired',
  SPY_CONSOLE_AWAY: 'the console does not respond; it may be restarting, and the browser retries automatically',
} as const

export const fail = errorsOf(consoleErrors)
