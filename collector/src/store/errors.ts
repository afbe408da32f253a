import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the embedded store. */
export const storeErrors = {
  SPY_STORE_IN_USE: 'the store in %s is in use by process %d. Stop that process, or choose another data folder with --data DIR.',
  SPY_STORE_OPEN_FAILED: 'the store cannot be opened: %s',
  SPY_STORE_ENGINE_REPLACED: 'the database engine exited, or a statement hung; the engine is being restarted: %s',
  SPY_STORE_SCHEMA_FAILED: 'cannot create the tables of the store: %s',
} as const

export const fail = errorsOf(storeErrors)
