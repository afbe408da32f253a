import { errorsOf } from '@spyglass/agent/contract'

/** Errors of playing recorded incidents through the engines. */
export const replayErrors = {
  SPY_PROMTOOL_MISSING:
    'promtool is not installed: it plays the rules through Prometheus (Debian: package prometheus). --without-prometheus leaves it out.',
  SPY_PROMTOOL_FAILED: 'promtool did not play the rules through: %s',
  SPY_RULES_TEST_WRONG: 'no rule is tested: the one in %s is wrong: %s',
  SPY_RULES_TEST_ARGUMENTS: '%s. See spyglass-rules-test --help.',
} as const

export const fail = errorsOf(replayErrors)
