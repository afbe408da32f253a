import { errorsOf } from '@spyglass/agent/contract'

/** Errors of reading the store and the management endpoint. */
export const queryErrors = {
  SPY_QUERY_UNREACHABLE: 'the store at %s does not answer: %s',
  SPY_QUERY_TIMEOUT: 'the query %s took longer than %d ms and was given up',
  SPY_QUERY_REFUSED: 'the store refused the query %s: %s',
  SPY_QUERY_FAILED: 'the query %s failed in the store: %s',
  SPY_MANAGEMENT_UNREACHABLE: 'the management endpoint at %s does not answer: %s',
  SPY_MANAGEMENT_INVALID: 'the management endpoint at %s answered something that is not Jolokia: %s',
} as const

export const fail = errorsOf(queryErrors)
