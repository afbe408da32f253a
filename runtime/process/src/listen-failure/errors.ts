/** Errors of every TCP port, whichever process listens on it. */
export const listenErrors = {
  SPY_PORT_TAKEN: 'port %d (%s) on %s is in use. Free it, configure another, or shift all ports with --port-offset N.',
  SPY_LISTEN_FAILED: 'cannot listen on %s port %d (%s): %s',
} as const
