/** The response of the stand-in process. Like that process, it imports nothing. */
export const standInErrors = {
  SPY_NO_INSTANCE: 'no instance is ready; try again shortly',
} as const
