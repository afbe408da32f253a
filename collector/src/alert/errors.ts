import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the alert evaluator. */
export const alertErrors = {
  SPY_ALERT_STATE_UNWRITABLE: 'the state of alerts cannot be written to %s: %s. Pages go on, but would be forgotten by a crash.',
  SPY_ALERT_RULE_FAILED: 'the alert rule %s could not be evaluated: %s',
} as const

export const fail = errorsOf(alertErrors)
