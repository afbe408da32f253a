import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the settings of access logs. */
export const accessLogErrors = {
  SPY_ACCESS_PATTERN_INVALID: 'unknown element %s at character %d of the pattern. docs/how-to/logs.md lists the elements.',
} as const

export const fail = errorsOf(accessLogErrors)
