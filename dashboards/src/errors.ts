import { errorsOf } from '@spyglass/agent/contract'

/** Errors of rendering queries and boards. All but the arguments' are mistakes in this package's own files, found by its tests. */
export const dashboardsErrors = {
  SPY_TEMPLATE_UNREADABLE: 'cannot read the template %s: %s',
  SPY_TEMPLATE_VALUE_MISSING: 'template %s uses %s, which has no value',
  SPY_TEMPLATE_INVALID: 'template %s does not render to valid JSON: %s',
  SPY_DASHBOARD_INVALID: 'dashboard %s has %d error(s):\n%s',
  SPY_DASHBOARDS_UNWRITABLE: 'cannot write the dashboards to %s: %s',
  SPY_RULE_INVALID: 'the rule in %s is not accepted: %s',
  SPY_RECORDING_INVALID: 'the recorded incidents in %s are not accepted: %s',
  SPY_RULE_UNKNOWN: 'there is no alert rule %s',
  SPY_RULES_UNREADABLE: 'cannot read the folder of rules %s: %s',
  SPY_DASHBOARDS_ARGUMENTS: '%s. See spyglass-dashboards --help.',
} as const

export const fail = errorsOf(dashboardsErrors)
