import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the store's schema. */
export const schemaErrors = {
  SPY_STORE_SCHEMA_NEWER:
    'the tables of the store have schema version %d, and this version of Spyglass supports versions up to %d: start the newer version, or restore a backup of the data folder made before the upgrade',
} as const

export const fail = errorsOf(schemaErrors)
