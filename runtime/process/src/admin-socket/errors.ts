import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the local administration socket, on both ends. */
export const adminSocketErrors = {
  SPY_SERVER_UNREACHABLE:
    'no server is running on the data folder %s (%s). Start it with `spyglass up`, or name its data folder with --data DIR or --config FILE.',
  SPY_LOCAL_DENIED: 'this user may not administer the server on %s: only the user who runs it and root may open %s.',
  SPY_LOCAL_GONE: 'the server closed the connection before it answered; `spyglass status` shows whether it is running',
  SPY_LOCAL_SLOW: 'the server did not answer within %d s; the command may still be running: see `spyglass history`',
  SPY_LOCAL_LISTEN: 'cannot open the administration socket %s: %s',
  SPY_LOCAL_REQUEST: 'invalid request on the administration socket: %s',
  SPY_LOCAL_METHOD: 'unknown method %s',
  SPY_LOCAL_FAULT: 'internal error in the server: %s; see logs/server.log',
  SPY_LOCAL_PART: '%s is not running now, and only it can answer; `spyglass logs` shows why',
  SPY_LOCAL_BUSY: 'too many connections to the administration socket; try again',
} as const

export const fail = errorsOf(adminSocketErrors)
