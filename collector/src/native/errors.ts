import { errorsOf } from '@spyglass/agent/contract'

export const nativeErrors = {
  SPY_COLUMN_TYPE: 'no column writer for %s',
} as const

export const fail = errorsOf(nativeErrors)
