/** Answers of the management endpoint. */
export const managementErrors = {
  SPY_UNAUTHORISED: 'this needs console.user and console.password of secrets.yaml',
} as const
