import { errorsOf } from '@spyglass/agent/contract'

/** Errors between collector and store. */
export const insertErrors = {
  SPY_STORE_AWAY: 'cannot reach the store at %s: %s',
  SPY_STORE_REFUSED: 'the store refused (HTTP %d, code %s): %s',
  SPY_STORE_MISSING_ROWS: 'rows of segment %s are missing from table %s after an insert',
} as const

export const fail = errorsOf(insertErrors)
