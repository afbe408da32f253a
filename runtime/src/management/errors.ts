/** Answers of the management endpoint. */
export const managementErrors = {
  SPY_UNAUTHORISED: 'this needs console.user and console.password of secrets.yaml',
  SPY_TOO_MANY_GUESSES: 'too many wrong passwords from this address: come again after Retry-After. The right password is never refused.',
} as const
