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
  SPY_APPLICATION_DOWN: 'the application at this path failed to start; try again later',
  SPY_APPLICATION_DISABLED: 'the application at this path is disabled; try again later',
  SPY_OVERLOADED: 'the application has more requests than it can serve; try again later',
  SPY_RATE_LIMITED: 'too many requests; try again when the header RateLimit says so',
  SPY_SIGN_IN_NEEDED: 'the request is only for users who have signed in',
  SPY_ROLE_MISSING: 'the request is only for users with other roles',
  SPY_SIGN_IN_UNFINISHED: 'the sign-in at the provider was refused, or was not begun by this browser; begin it again',
  SPY_SIGN_ON_UNKNOWN: 'who has signed in cannot be found out at the moment; try again shortly',
  SPY_ADDRESS_DENIED: 'requests of this address are refused',
  SPY_RATE_STORE_DOWN: 'requests cannot be counted at the moment; try again later',
  SPY_REQUEST_IN_FLIGHT: 'another request like this is under way; try again when it is answered',
  SPY_IDEMPOTENCY_ANSWER_LOST:
    'the request with this Idempotency-Key was carried out, but its answer was too large to keep; look up what came of it',
  SPY_IDEMPOTENCY_KEY_REUSED: 'this Idempotency-Key belongs to another request; make a new key for a new request',
  SPY_QUEUE_BUSY: 'too many requests wait for the same thing; try again later',
  SPY_BAD_GATEWAY: 'the application ended the request without an answer',
  SPY_NO_APPLICATION: 'no application is deployed at this path',
  SPY_NO_PROXY: 'this server is not a proxy',
  SPY_FOREIGN_ORIGIN: 'refused a request from a page of another site',
  SPY_FOREIGN_HOST: 'the name in the Host header is not a name of this server: add it to server.hostNames, or to allowedHosts of the port',
  SPY_CLIENT_CERTIFICATE: 'this port needs a client certificate of one of its authorities (tls.clientAuthorities)',
  SPY_TLS_EXPECTED: 'plain HTTP was sent to a port that speaks HTTPS: write https:// in the URL',
  SPY_TLS_UNREADABLE: 'listener %s: cannot read %s: %s',
  SPY_TLS_INVALID: 'listener %s: the certificate in %s cannot be used: %s',
  SPY_TLS_EXPIRED: 'listener %s: the certificate in %s expired on %s. Replace the file; it is read again without a restart.',
  SPY_ADDRESS_LIST_INVALID: '%s is neither an address, a range (10.0.0.0/8) nor one of loopback, linklocal, private',
} as const

export const fail = errorsOf(listenerErrors)
