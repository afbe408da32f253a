import { errorsOf } from '@spyglass/agent/contract'

/** Errors of what an application does one after the other. Each has the status and the headers that frameworks answer with. */
export const concurrencyErrors = {
  SPY_KEY_IN_FLIGHT: 'a request for %s is under way; try again when it is answered',
  SPY_QUEUE_FULL: 'queue %s: %d requests wait already; try again later',
  SPY_QUEUE_LATE: 'queue %s: its turn did not come within %d ms; try again later',
  SPY_IDEMPOTENCY_FULL: 'idempotency keys: %d requests are under way already; try again later, or raise maxEntries of memoryStore',
  SPY_IDEMPOTENCY_STORE: 'idempotency keys: the store cannot be asked (%s); try again later',
  SPY_UPDATE_COLUMNS: 'updateIf of %s: %s. Name at least one column in "where" and one in "set", and no column twice.',
} as const

const errorOf = errorsOf(concurrencyErrors)

export const fail = (code: keyof typeof concurrencyErrors, args: readonly unknown[], cause?: unknown): Error => {
  const error = errorOf(code, args, cause)
  if (code === 'SPY_UPDATE_COLUMNS') return error
  return Object.assign(error, code === 'SPY_KEY_IN_FLIGHT' ? { statusCode: 409 } : { statusCode: 503, headers: { 'retry-after': '2' } })
}
