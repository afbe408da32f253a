/** Errors of an instance beside those of its applications. */
export const instanceErrors = {
  SPY_INSTANCE_FAILED: 'the instance could not start: %s',
} as const
