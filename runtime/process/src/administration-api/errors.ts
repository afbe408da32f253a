import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the administration API itself. What administration refuses keeps its own code. */
export const apiErrors = {
  SPY_API_NOT_FOUND: 'nothing found at %s; /api/v1/openapi.json of the management port lists all paths of administration',
  SPY_API_PATH: 'the path %s cannot be decoded: each % must begin a percent-encoded byte of UTF-8 text (RFC 3986 section 2.1)',
  SPY_API_METHOD: '%s is not allowed at %s; allowed: %s',
  SPY_API_ROLE: '%s %s needs the role %s, and %s has the role %s',
  SPY_API_REMOTE: 'changes are accepted only from this machine; set management.remoteChanges to true to accept them from others',
  SPY_API_PARAMETER: 'parameter %s: %s',
  SPY_API_BODY: 'invalid body: %s',
  SPY_API_MEDIA_TYPE: 'a body of type %s is not accepted here; send %s',
  SPY_API_TOO_LARGE: 'the body is larger than %d bytes',
  SPY_API_CHANGED: 'it has changed since it was read: read it again, then repeat the request with the new ETag',
  SPY_API_UPLOADS: 'too many archives are being uploaded; try again',
  SPY_API_FAULT: 'internal error in the server; see logs/server.log',
} as const

export const fail = errorsOf(apiErrors)
