import { errorsOf } from '@spyglass/agent/contract'

/** Answers of the management endpoint. */
export const managementErrors = {
  SPY_UNAUTHORISED:
    'authenticate with a user and password, or with a token (`spyglass user`, `spyglass token`); console.user and console.password of secrets.yaml are an administrator',
  SPY_TOO_MANY_GUESSES:
    'too many wrong passwords from this address: retry after the time in Retry-After. The correct password always works.',
} as const

export const fail = errorsOf(managementErrors)
