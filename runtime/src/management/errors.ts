/** Answers of the management endpoint. */
export const managementErrors = {
  SPY_UNAUTHORISED: 'authenticate with console.user and console.password from secrets.yaml',
  SPY_TOO_MANY_GUESSES:
    'too many wrong passwords from this address: retry after the time in Retry-After. The correct password always works.',
} as const
