import { errorsOf } from '@spyglass/agent/contract'

/** Errors of reading the store and the management endpoint. */
export const queryErrors = {
  SPY_QUERY_UNREACHABLE: 'the store at %s does not respond: %s',
  SPY_QUERY_TIMEOUT: 'query %s took longer than %d ms and was cancelled',
  SPY_QUERY_REFUSED: 'the store refused query %s: %s',
  SPY_QUERY_FAILED: 'query %s failed in the store: %s',
  SPY_MANAGEMENT_UNREACHABLE: 'the management endpoint at %s does not respond: %s',
  SPY_MANAGEMENT_INVALID: 'the management endpoint at %s did not answer with valid Jolokia: %s',
} as const

export const fail = errorsOf(queryErrors)
