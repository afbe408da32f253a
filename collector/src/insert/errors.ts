import { errorsOf } from '@spyglass/agent/contract'

/** Errors between collector and store. */
export const insertErrors = {
  SPY_STORE_AWAY: 'the store at %s cannot be reached: %s',
  SPY_STORE_REFUSED: 'the store refused (HTTP %d, code %s): %s',
  SPY_STORE_MISSING_ROWS: 'after an insert the store does not hold all rows of segment %s in table %s',
} as const

export const fail = errorsOf(insertErrors)
