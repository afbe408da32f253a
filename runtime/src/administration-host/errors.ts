import { errorsOf } from '@spyglass/agent/contract'

/** Errors of operations that are carried out by other processes. */
export const administrationHostErrors = {
  SPY_ADMIN_RESOURCE_IDLE: 'no process has %s: no application that is enabled uses it',
  SPY_ADMIN_RESOURCE_SEVERAL: '%s is about one process, and several have %s: name one, %s',
} as const

export const fail = errorsOf(administrationHostErrors)
