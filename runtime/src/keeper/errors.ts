/** What the stand-in process answers. It imports nothing, as that process does. */
export const standInErrors = {
  SPY_NO_INSTANCE: 'no instance is ready; try again shortly',
} as const
