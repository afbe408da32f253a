import { errorsOf } from '@spyglass/agent/contract'

/** What a listener answers itself, and why its settings cannot be used. */
export const listenerErrors = {
  SPY_REQUEST_TIMEOUT: 'the request did not arrive in time',
  SPY_REQUEST_MALFORMED: 'the request is not valid HTTP',
  SPY_REQUEST_NO_HOST: 'the request has no Host header (RFC 9112 section 3.2)',
  SPY_REQUEST_HEADERS_TOO_LARGE: 'the headers of the request are too large',
  SPY_REQUEST_TOO_LARGE: 'the body of the request is too large',
  SPY_REQUEST_EXPECTATION: 'the expectation in the Expect header cannot be met',
  SPY_LISTENER_FULL: 'too many connections; try again shortly',
  SPY_NO_INSTANCE: 'no instance is ready; try again shortly',
  SPY_NO_APPLICATION: 'no application is deployed at this path',
  SPY_NO_PROXY: 'this server is no proxy',
  SPY_TLS_UNREADABLE: 'listener %s: cannot read %s: %s',
  SPY_TLS_INVALID: 'listener %s: the certificate in %s cannot be used: %s',
  SPY_TLS_EXPIRED: 'listener %s: the certificate in %s expired on %s. Replace the file; it is read again without a restart.',
  SPY_ADDRESS_LIST_INVALID: '%s is neither an address, a range (10.0.0.0/8) nor one of loopback, linklocal, private',
} as const

export const fail = errorsOf(listenerErrors)
