import { errorsOf } from '@spyglass/agent/contract'

/** Errors of administration. What a value may be is told by SPY_CONFIG_INVALID, as for the file. */
export const administrationErrors = {
  SPY_ADMIN_FORBIDDEN: '%s needs the role %s, and %s has the role %s',
  SPY_ADMIN_REQUEST: 'the request is malformed: %s',
  SPY_ADMIN_NAME_UNKNOWN: 'nothing is named %s; `spyglass list` shows all names',
  SPY_ADMIN_NAME_EXISTS: '%s already exists',
  SPY_ADMIN_NOT_A_SETTING: '%s is not a setting but %s',
  SPY_ADMIN_FIXED: '%s cannot be changed: %s',
  SPY_ADMIN_VALUE: '%s: %s is not %s',
  SPY_ADMIN_UNTIL: 'a change cannot be reverted at %s, which is in the past',
  SPY_ADMIN_CHANGED: '%s has changed since it was read; read it again, then repeat the change',
  SPY_ADMIN_CHANGE_UNKNOWN: 'there is no change %s in force; `spyglass history` shows all changes',
  SPY_ADMIN_CHANGE_EXPIRED: 'change %d was temporary and has expired',
  SPY_ADMIN_NO_OPERATION: '%s has no operation %s; it has %s',
  SPY_ADMIN_ARGUMENT: 'operation %s: %s',
  SPY_ADMIN_UNWRITABLE: 'the change was not made, because it cannot be kept in %s: %s',
} as const

export const fail = errorsOf(administrationErrors)
