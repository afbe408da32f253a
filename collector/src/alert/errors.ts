import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the alert evaluator. */
export const alertErrors = {
  SPY_ALERT_STATE_UNWRITABLE: 'cannot write the alert state to %s: %s. Paging continues, but a crash would lose the state.',
  SPY_INCIDENT_NAME_UNKNOWN: 'no incident %s is known: its id is wrong, or it ended long ago',
  SPY_INCIDENT_OVER: 'incident %s has ended: there is nothing to acknowledge',
  SPY_INCIDENT_NOTE_INVALID: 'a note on incident %s says something: give note',
  SPY_REHEARSAL_INVALID: 'nothing is rehearsed: %s',
  SPY_SILENCE_INVALID: 'the silence is not accepted: %s',
  SPY_SILENCE_NAME_UNKNOWN: 'there is no silence %s',
  SPY_ALERT_RULE_INVALID: 'the rule in %s is left out: %s',
  SPY_ALERT_RULE_FAILED: 'alert rule %s could not be evaluated: %s',
} as const

export const fail = errorsOf(alertErrors)
