/** Errors of the start of a process beside those of its configuration. */
export const startErrors = {
  SPY_START_FAILED: 'the process could not start: %s',
} as const
