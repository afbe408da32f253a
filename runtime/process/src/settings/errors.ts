/** Errors of the names of settings. */
export const settingErrors = {
  SPY_ADMIN_NAME_INVALID: '%s is not a name: %s',
} as const
