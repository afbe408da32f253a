import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the embedded store. */
export const storeErrors = {
  SPY_PORT_TAKEN: 'the address %s:%d is taken by another process. Free it, or choose another port (store.port or --port-offset).',
  SPY_STORE_IN_USE: 'the store in %s is in use by process %d. Stop that process, or choose another data folder with --data DIR.',
  SPY_STORE_OPEN_FAILED: 'the store in %s cannot be opened: %s',
  SPY_STORE_SCHEMA_FAILED: 'the tables of the store cannot be made: %s',
  SPY_STORE_SESSION_LOST: 'a session of the store did not answer after an error and was replaced: %s',
  SPY_STORE_CLOSED: 'the store is closing',
  SPY_STORE_GATE_UNSURE: 'the engine describes a statement in a form that the gate does not know: %s',
} as const

export const fail = errorsOf(storeErrors)
