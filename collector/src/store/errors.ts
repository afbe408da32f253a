import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the embedded store. */
export const storeErrors = {
  SPY_PORT_TAKEN: 'the address %s:%d is taken by another process. Free it, or choose another port (store.port or --port-offset).',
  SPY_STORE_IN_USE: 'the store in %s is in use by process %d. Stop that process, or choose another data folder with --data DIR.',
  SPY_STORE_OPEN_FAILED: 'the store cannot be opened: %s',
  SPY_STORE_ENGINE_REPLACED: 'the engine of the store ended, or a statement did not come back from it, and is started again: %s',
  SPY_STORE_SCHEMA_FAILED: 'the tables of the store cannot be made: %s',
} as const

export const fail = errorsOf(storeErrors)
