import { errorsOf } from '@spyglass/agent/contract'

/** Errors of the store's schema. */
export const schemaErrors = {
  SPY_STORE_SCHEMA_NEWER:
    'the tables of the store have schema version %d, and this version of Spyglass knows versions up to %d: start the newer version, or restore the data folder from before its first start',
} as const

export const fail = errorsOf(schemaErrors)
