import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the alert evaluator. */
export const alertErrors = {
  SPY_ALERT_STATE_UNWRITABLE: 'cannot write the alert state to %s: %s. Paging continues, but a crash would lose the state.',
  SPY_ALERT_RULE_FAILED: 'alert rule %s could not be evaluated: %s',
} as const

export const fail = errorsOf(alertErrors)
