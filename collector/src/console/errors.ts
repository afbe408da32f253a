import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the console and the query API. */
export const consoleErrors = {
  SPY_CONSOLE_PORT_TAKEN: 'the console cannot listen on %s:%d: %s. Free the port, or set console.port or --port-offset.',
  SPY_CONSOLE_PARAMETER_INVALID: 'the parameter %s is not valid: %s',
  SPY_CONSOLE_UNAUTHENTICATED: 'log in, or send the console user and password of secrets.yaml by Basic authentication',
  SPY_CONSOLE_TOO_MANY_LOGINS:
    'too many wrong passwords from this address: come again after Retry-After. The right password is never refused.',
  SPY_CONSOLE_FOREIGN_ORIGIN: 'the request came from a page of another site (%s) and was refused',
  SPY_CONSOLE_FOREIGN_HOST:
    'the request names the host %s, which is not a name of this server: add it to server.hostNames, or set console.publicUrl',
  SPY_CONSOLE_NOT_FOUND: 'there is nothing at %s',
  SPY_CONSOLE_TRACE_NOT_FOUND: 'the trace %s is not in the store: it was not kept, or its retention has passed',
  SPY_CONSOLE_AWAY: 'the console does not answer; it may be restarting, and the browser asks again by itself',
  SPY_CONSOLE_INTERNAL: 'the request failed inside the console; the server log says why',
} as const

export const fail = errorsOf(consoleErrors)
