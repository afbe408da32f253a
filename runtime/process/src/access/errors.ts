/** Errors of users, tokens and their files. */
export const accessErrors = {
  SPY_USER_EXISTS: 'there already is a user %s',
  SPY_USER_UNKNOWN: 'there is no user %s; `spyglass user list` shows all users',
  SPY_USER_INVALID: 'user %s cannot be kept: %s',
  SPY_TOKEN_UNKNOWN: 'there is no token %s; `spyglass token list` shows all tokens',
  SPY_TOKEN_INVALID: 'the token cannot be made: %s',
  SPY_IDENTITIES_SHAPE: 'it does not contain users and tokens',
} as const
