import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the console and the query API. */
export const consoleErrors = {
  SPY_CONSOLE_PARAMETER_INVALID: 'invalid parameter %s: %s',
  SPY_CONSOLE_UNAUTHENTICATED: 'log in, or use Basic authentication with the console user and password from secrets.yaml',
  SPY_CONSOLE_TOO_MANY_LOGINS:
    'too many wrong passwords from this address: retry after the time in Retry-After. The correct password always works.',
  SPY_CONSOLE_FOREIGN_ORIGIN: 'refused a request from a page of another site (%s)',
  SPY_CONSOLE_FOREIGN_HOST: 'host %s is not a name of this server: add it to server.hostNames, or set console.publicUrl',
  SPY_CONSOLE_NOT_FOUND: 'nothing found at %s',
  SPY_CONSOLE_TRACE_NOT_FOUND: 'trace %s is not in the store: it was not kept, or has expired',
  SPY_CONSOLE_AWAY: 'the console does not respond; it may be restarting, and the browser retries automatically',
  SPY_CONSOLE_INTERNAL: 'internal error in the console; see the server log',
} as const

export const fail = errorsOf(consoleErrors)
